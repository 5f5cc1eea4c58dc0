import { measureServer } from '../requests/measure.mjs'
import { startDropIn, startExpress, startExpressSession, startSojournOnExpress } from '../requests/servers.mjs'
import { createSealed, importSojourn } from '../sojourn.mjs'

const plain = 'Express 5'

/** Servers on Express with sessions in a database, which is at the URL. Valkey costs all clients the same, so one is enough. */
const libraries = [
  { row: 'Sojourn, node-redis', database: 'Redis', start: startSojourn },
  { row: 'Sojourn, node-redis, client-side cache', database: 'Redis', start: startWithCache },
  { row: 'Sojourn, ioredis', database: 'Redis', start: startOnIoRedis },
  {
    row: 'express-session + connect-redis',
    dropIn: 'Sojourn’s drop-in + connect-redis',
    database: 'Redis',
    start: startConnectRedis,
  },
  { row: 'Sojourn’s drop-in + connect-redis', database: 'Redis', start: startDropInOnConnectRedis },
  { row: 'Sojourn’s drop-in + redisStore', database: 'Redis', start: startDropInOnRedisStore },
  { row: 'Sojourn, node-redis, Valkey', database: 'Valkey', start: startSojourn },
  { row: 'express-session + connect-redis, Valkey', database: 'Valkey', start: startConnectRedis },
]

export const subjects = [
  { row: plain, start: async () => measureServer(await startExpress(), false) },
  ...libraries.map((library) => ({
    than: library.database === 'Redis' ? 'Sojourn, node-redis' : 'Sojourn, node-redis, Valkey',
    ...library,
    plain,
    start: async ({ url }) => measureServer(await library.start(url), true),
  })),
]

async function startSojourn(url, connecting = connectNodeRedis(url)) {
  const { redisStore } = await importSojourn('sojourn/redis')
  // A long timeout, because a busy machine would make some requests fail.
  return startSojournOnExpress(await createSealed({ store: redisStore(await connecting), storeTimeout: 30 }))
}

function startWithCache(url) {
  return startSojourn(url, connectNodeRedis(url, { clientSideCache: { ttl: 0, maxEntries: 0, evictPolicy: 'LRU' } }))
}

async function startOnIoRedis(url) {
  const { Redis } = await import('ioredis')
  return startSojourn(url, new Redis(url))
}

async function startConnectRedis(url) {
  return startExpressSession(await openConnectRedis(url))
}

async function startDropInOnConnectRedis(url) {
  return startDropIn(await openConnectRedis(url))
}

async function startDropInOnRedisStore(url) {
  const { redisStore } = await importSojourn('sojourn/redis')
  return startDropIn(redisStore(await connectNodeRedis(url)))
}

async function openConnectRedis(url) {
  const { RedisStore } = await import('connect-redis')
  return new RedisStore({ client: await connectNodeRedis(url) })
}

/** @param {object} [options] more options of node-redis */
export async function connectNodeRedis(url, options) {
  const { createClient } = await import('redis')
  return createClient({ url, RESP: 3, ...options }).connect()
}
