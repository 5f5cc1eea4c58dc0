import { SojournError } from '../../../core/errors.ts'
import { redactError } from '../../shared/redact-error.ts'
import { createRedisConnection } from './connection.ts'
import type { RedisEndpoint } from './parse-url.ts'
import type { OpenedRedis } from './types.ts'

type Module = Record<string, any>

/**
 * Connects with whichever client is installed.
 *
 * @throws `ERR_STORE_CLIENT` where none is
 */
export async function openRedis(
  endpoint: RedisEndpoint,
  load: (name: string) => Promise<Module> = (name) => import(name),
): Promise<OpenedRedis> {
  for (const [name, open] of clientOpeners) {
    const module = await importIfInstalled(name, load)
    if (module !== null) return open(module, endpoint)
  }
  throw new SojournError(
    'ERR_STORE_CLIENT',
    'There is no client for Redis. Install one: npm install redis. (ioredis, iovalkey and @valkey/valkey-glide do as well.)',
  )
}

async function importIfInstalled(name: string, load: (name: string) => Promise<Module>): Promise<Module | null> {
  try {
    return await load(name)
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  }
}

const clientOpeners: readonly [
  name: string,
  open: (module: Module, place: RedisEndpoint) => Promise<OpenedRedis> | OpenedRedis,
][] = [
  ['redis', openNodeRedis],
  ['ioredis', (module, place) => openIoRedis(module['Redis'], place)],
  ['iovalkey', (module, place) => openIoRedis(module['Valkey'] ?? module['Redis'], place)],
  ['@valkey/valkey-glide', openGlide],
]

// While there is no connection a command fails at once, and none waits to be sent when nobody waits for it any more.

const retryDelayMs = (attempts: number): number => Math.min(2000, 50 * 2 ** Math.min(attempts, 6))

function openNodeRedis({ createClient }: Module, endpoint: RedisEndpoint): OpenedRedis {
  const { host, port, tls, username, password, database } = endpoint
  const client = createClient({
    socket: { host, port, tls, reconnectStrategy: retryDelayMs },
    username,
    password,
    database,
    disableOfflineQueue: true,
  })
  const ready = waitUntilReady(client)
  client.connect().catch(() => {})
  return { connection: createRedisConnection(client), ready, close: () => client.destroy() }
}

function openIoRedis(Redis: any, endpoint: RedisEndpoint): OpenedRedis {
  const { host, port, tls, username, password, database } = endpoint
  const client = new Redis({
    host,
    port,
    username,
    password,
    db: database,
    ...(tls ? { tls: {} } : {}),
    retryStrategy: retryDelayMs,
    enableOfflineQueue: false,
    // Repeated, a step that was carried out would be answered as one that was refused.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
  })
  return { connection: createRedisConnection(client), ready: waitUntilReady(client), close: () => client.disconnect() }
}

/** An emitter that nobody listens to for errors would end the process. */
function waitUntilReady(client: any): Promise<void> {
  const ready = new Promise<void>((resolve, reject) => {
    client.on('ready', resolve)
    client.on('error', (error: unknown) => reject(redactError(error)))
  })
  ready.catch(() => {})
  return ready
}

async function openGlide({ GlideClient }: Module, endpoint: RedisEndpoint): Promise<OpenedRedis> {
  const { host, port, tls, username, password, database } = endpoint
  const client = await GlideClient.createClient({
    addresses: [{ host, port }],
    useTLS: tls,
    ...(password === undefined ? {} : { credentials: { username, password } }),
    databaseId: database,
  })
  return { connection: createRedisConnection(client), ready: Promise.resolve(), close: () => client.close() }
}
