import { SojournError } from '../../../core/errors.ts'
import { bare } from '../../shared/redact-error.ts'
import { connectionOf } from './connection.ts'
import type { OpenedRedis } from './types.ts'
import type { Place } from './parse-url.ts'

type Module = Record<string, any>

/**
 * Connects with whichever client is installed.
 *
 * @throws `ERR_STORE_CLIENT` where none is
 */
export async function openRedis(
  place: Place,
  load: (name: string) => Promise<Module> = (name) => import(name),
): Promise<OpenedRedis> {
  for (const [name, open] of clients) {
    const module = await installed(name, load)
    if (module !== null) return open(module, place)
  }
  throw new SojournError(
    'ERR_STORE_CLIENT',
    'There is no client for Redis. Install one: npm install redis. (ioredis, iovalkey and @valkey/valkey-glide do as well.)',
  )
}

async function installed(name: string, load: (name: string) => Promise<Module>): Promise<Module | null> {
  try {
    return await load(name)
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  }
}

const clients: readonly [name: string, open: (module: Module, place: Place) => Promise<OpenedRedis> | OpenedRedis][] = [
  ['redis', openNodeRedis],
  ['ioredis', (module, place) => openIoRedis(module['Redis'], place)],
  ['iovalkey', (module, place) => openIoRedis(module['Valkey'] ?? module['Redis'], place)],
  ['@valkey/valkey-glide', openGlide],
]

// While there is no connection a command fails at once, and none waits to be sent when nobody waits for it any more.

const pause = (attempts: number): number => Math.min(2000, 50 * 2 ** Math.min(attempts, 6))

function openNodeRedis({ createClient }: Module, place: Place): OpenedRedis {
  const { host, port, tls, username, password, database } = place
  const client = createClient({
    socket: { host, port, tls, reconnectStrategy: pause },
    username,
    password,
    database,
    disableOfflineQueue: true,
  })
  const ready = untilReady(client)
  client.connect().catch(() => {})
  return { connection: connectionOf(client), ready, close: () => client.destroy() }
}

function openIoRedis(Redis: any, place: Place): OpenedRedis {
  const { host, port, tls, username, password, database } = place
  const client = new Redis({
    host,
    port,
    username,
    password,
    db: database,
    ...(tls ? { tls: {} } : {}),
    retryStrategy: pause,
    enableOfflineQueue: false,
    // Repeated, a step that was carried out would be answered as one that was refused.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
  })
  return { connection: connectionOf(client), ready: untilReady(client), close: () => client.disconnect() }
}

/** An emitter that nobody listens to for errors would end the process. */
function untilReady(client: any): Promise<void> {
  const ready = new Promise<void>((resolve, reject) => {
    client.on('ready', resolve)
    client.on('error', (error: unknown) => reject(bare(error)))
  })
  ready.catch(() => {})
  return ready
}

async function openGlide({ GlideClient }: Module, place: Place): Promise<OpenedRedis> {
  const { host, port, tls, username, password, database } = place
  const client = await GlideClient.createClient({
    addresses: [{ host, port }],
    useTLS: tls,
    ...(password === undefined ? {} : { credentials: { username, password } }),
    databaseId: database,
  })
  return { connection: connectionOf(client), ready: Promise.resolve(), close: () => client.close() }
}
