import { password } from './answers.mjs'
import { express, ofRequest, server as expressServer, sojournServer as sojournOnExpress } from './express.mjs'
import { fastify, ofRequest as ofFastify, server as fastifyServer } from './fastify.mjs'
import { nodeHttp, sojournServer as sojournOnNode } from './node-http.mjs'

/** The environment variable that tells a server where its Redis is. */
export const redisUrl = 'BENCH_REDIS_URL'

const stores = {
  'Sojourn by node-redis': { open: nodeRedis },
  'Sojourn by node-redis, client-side cache': { open: cachingNodeRedis, isCached: true },
  'Sojourn by ioredis': { open: ioRedis },
  'Sojourn by node-redis, store + copy': { open: nodeRedis, options: { unconfirmedFor: 600 } },
}

const sojourns = (host, serverOf, names = Object.keys(stores)) =>
  names.map((name) => ({
    name,
    host,
    kind: 'sojourn',
    keepsCookie: true,
    isCached: stores[name].isCached,
    start: () => sojournServer(serverOf, stores[name]),
  }))

/**
 * Servers whose sessions are in Redis.
 *
 * @type {readonly (import('./index.mjs').Variant & { isCached?: boolean })[]}
 */
export const redisVariants = [
  bare(nodeHttp),
  ...sojourns('node:http', sojournOnNode),
  bare(express),
  ...sojourns('Express 5', sojournOnExpress, ['Sojourn by node-redis', 'Sojourn by node-redis, client-side cache']),
  {
    name: 'express-session + connect-redis',
    host: 'Express 5',
    kind: 'peer',
    keepsCookie: true,
    async start() {
      const { default: expressSession } = await import('express-session')
      const store = await connectRedis()
      return expressServer(
        expressSession({ secret: password, resave: false, saveUninitialized: false, store }),
        ofRequest,
      )
    },
  },
  bare(fastify),
  fastifySession('@fastify/session + connect-redis', {}),
  fastifySession('@fastify/session + connect-redis, rolling: false', { rolling: false }),
]

/** One that writes with each request that its session was used, as others do every hour. */
export const touchingVariant = {
  name: 'Sojourn by node-redis, each request touches',
  host: 'node:http',
  kind: 'sojourn',
  keepsCookie: true,
  start: () => sojournServer(sojournOnNode, { open: nodeRedis, options: { touchAfter: 0 } }),
}

async function sojournServer(serverOf, { open, options = {} }) {
  const { randomBytes } = await import('node:crypto')
  const { createSessions } = await import('sojourn')
  const { redisStore } = await import('sojourn/redis')
  const store = redisStore(await open())
  const sessions = createSessions({ secrets: [randomBytes(32)], cookie: { secure: false }, store, ...options })
  let users = 100_000
  return serverOf(sessions, () => String(users++))
}

function bare(variants) {
  return variants.find(({ kind }) => kind === 'bare')
}

function fastifySession(name, options) {
  return {
    name,
    host: 'Fastify 5',
    kind: 'peer',
    keepsCookie: true,
    start: () =>
      fastifyServer(async (app) => {
        await app.register((await import('@fastify/cookie')).default)
        await app.register((await import('@fastify/session')).default, {
          secret: password,
          saveUninitialized: false,
          cookie: { secure: false, path: '/' },
          store: await connectRedis(),
          ...options,
        })
      }, ofFastify),
  }
}

async function connectRedis() {
  const { RedisStore } = await import('connect-redis')
  return new RedisStore({ client: await nodeRedis() })
}

async function nodeRedis(options = {}) {
  const { createClient } = await import('redis')
  return createClient({ url: process.env[redisUrl], RESP: 3, ...options }).connect()
}

async function cachingNodeRedis() {
  return nodeRedis({ clientSideCache: { ttl: 0, maxEntries: 0, evictPolicy: 'LRU' } })
}

async function ioRedis() {
  const { Redis } = await import('ioredis')
  return new Redis(process.env[redisUrl])
}
