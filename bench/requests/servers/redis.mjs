import { connectIoRedis, connectNodeRedis } from '../../redis-clients.mjs'
import { plainExpress, startExpressSession, startSojourn } from './express.mjs'

/** The environment variable with the URL of the servers' Redis. */
export const redisUrlVariable = 'BENCH_REDIS_URL'

const url = process.env[redisUrlVariable]
const nodeRedis = () => connectNodeRedis(url)
const cachingNodeRedis = () => connectNodeRedis(url, { clientSideCache: { ttl: 0, maxEntries: 0, evictPolicy: 'LRU' } })

const { host } = plainExpress

/** Servers with sessions in Redis. @type {readonly import('./index.mjs').Server[]} */
export const redisServers = [
  plainExpress,
  { host, name: 'Sojourn, node-redis', start: () => startWithStore(nodeRedis) },
  { host, name: 'Sojourn, node-redis, client-side cache', start: () => startWithStore(cachingNodeRedis) },
  { host, name: 'Sojourn, ioredis', start: () => startWithStore(() => connectIoRedis(url)) },
  {
    host,
    name: 'Sojourn, copy in the cookie',
    start: () => startWithStore(nodeRedis, { unconfirmedFor: 600 }),
  },
  // Sojourn records the use of a session once an hour. This server does so in each request, as express-session does.
  { host, name: 'Sojourn, touch in each request', start: () => startWithStore(nodeRedis, { touchAfter: 0 }) },
  {
    host,
    name: 'express-session + connect-redis',
    async start() {
      const { RedisStore } = await import('connect-redis')
      return startExpressSession(new RedisStore({ client: await nodeRedis() }))
    },
  },
]

async function startWithStore(connect, options) {
  const { redisStore } = await import('sojourn/redis')
  const { createSealed } = await import('../../sojourn-sessions.mjs')
  return startSojourn(createSealed({ store: redisStore(await connect()), ...options }))
}
