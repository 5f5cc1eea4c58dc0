import { SojournError } from '../../../core/errors.ts'
import { redactError } from '../../shared/redact-error.ts'
import { createRedisConnection } from './connection.ts'
import type { RedisEndpoint } from './parse-url.ts'
import type { OpenedRedis } from './types.ts'

type Module = Record<string, any>

type Load = (name: string) => Promise<Module>
type Open = (endpoint: RedisEndpoint) => Promise<OpenedRedis> | OpenedRedis

/** Connects with the client of {@link loadRedisClient}. */
export async function openRedis(endpoint: RedisEndpoint, load?: Load): Promise<OpenedRedis> {
  const open = await loadRedisClient(load)
  return open(endpoint)
}

/**
 * Resolves to a function that connects with the first supported client that is installed. Bun has a client of its own, and takes
 * it last.
 *
 * @throws `ERR_STORE_CLIENT` if none is installed
 */
export async function loadRedisClient(load: Load = (name) => import(name)): Promise<Open> {
  for (const [name, open] of clientOpeners) {
    const module = await importIfInstalled(name, load)
    if (module !== null) return (endpoint) => open(module, endpoint)
  }
  throw new SojournError(
    'ERR_STORE_CLIENT',
    'No Redis client is installed. Install one: npm install redis. (ioredis, iovalkey and @valkey/valkey-glide work too.)',
  )
}

async function importIfInstalled(name: string, load: Load): Promise<Module | null> {
  try {
    return await load(name)
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  }
}

const clientOpeners: readonly [
  name: string,
  open: (module: Module, endpoint: RedisEndpoint) => Promise<OpenedRedis> | OpenedRedis,
][] = [
  ['redis', openNodeRedis],
  ['ioredis', (module, endpoint) => openIoRedis(module['Redis'], endpoint)],
  ['iovalkey', (module, endpoint) => openIoRedis(module['Valkey'] ?? module['Redis'], endpoint)],
  ['@valkey/valkey-glide', openGlide],
  ...(process.versions?.['bun'] ? [['bun', openBun] satisfies [string, typeof openBun]] : []),
]

// Disable the clients' queues: without a connection a command must fail at once, not run later when its request is over.

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
    // Never send a command twice: the second reply would report a write that succeeded as refused.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
  })
  return { connection: createRedisConnection(client), ready: waitUntilReady(client), close: () => client.disconnect() }
}

/** Resolves on the first connection. Its listener must remain, because an 'error' event without one ends the process. */
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

function openBun({ RedisClient }: Module, endpoint: RedisEndpoint): OpenedRedis {
  const { host, port, tls, username = '', password, database } = endpoint
  const url = new URL(`${tls ? 'rediss' : 'redis'}://${host.includes(':') ? `[${host}]` : host}:${port}/${database}`)
  // Encoded, because the setters leave a percent sign as it is.
  const encode = encodeURIComponent
  if (password !== undefined) Object.assign(url, { username: encode(username), password: encode(password) })
  const client = new RedisClient(url.href, { enableOfflineQueue: false })
  const ready: Promise<unknown> = client.connect()
  ready.catch(() => {})
  return { connection: createRedisConnection(client), ready, close: () => client.close() }
}
