import { asSubject } from '../requests/subjects.mjs'
import { plainExpress, startExpressSession, startSojourn } from '../requests/servers/express.mjs'
import { createSealed, importSojourn } from '../sojourn.mjs'

/** @param {object} [options] more options of node-redis */
export async function connectNodeRedis(url, options) {
  const { createClient } = await import('redis')
  return createClient({ url, RESP: 3, ...options }).connect()
}

export async function connectIoRedis(url) {
  const { Redis } = await import('ioredis')
  return new Redis(url)
}

const { host } = plainExpress
const clientSideCache = { ttl: 0, maxEntries: 0, evictPolicy: 'LRU' }

/** Servers on Express with sessions in Redis; the settings have its URL. */
const servers = [
  { host, start: plainExpress.start },
  { host, name: 'Sojourn, node-redis', isOurs: true, start: ({ url }) => startOurs(connectNodeRedis(url)) },
  {
    host,
    name: 'Sojourn, node-redis, client-side cache',
    isOurs: true,
    start: ({ url }) => startOurs(connectNodeRedis(url, { clientSideCache })),
  },
  { host, name: 'Sojourn, ioredis', isOurs: true, start: ({ url }) => startOurs(connectIoRedis(url)) },
  {
    host,
    name: 'express-session + connect-redis',
    async start({ url }) {
      const { RedisStore } = await import('connect-redis')
      return startExpressSession(new RedisStore({ client: await connectNodeRedis(url) }))
    },
  },
]

export const subjects = servers.map((server) => ({ ...asSubject(server), row: server.name ?? host }))

async function startOurs(connecting) {
  const { redisStore } = await importSojourn('sojourn/redis')
  // A long timeout, because a busy machine would make some requests fail.
  return startSojourn(await createSealed({ store: redisStore(await connecting), storeTimeout: 30 }))
}

/** The row of a server with Redis, or with another engine. A revision remains at the end. */
export const rowWith = (engine, row) => (engine === 'Redis' ? row : row.replace(/( @ .*)?$/, `, ${engine}$1`))
