import { redisStore } from 'sojourn/redis'
import { fillWith } from './fill.mjs'
import { operationsOf } from './sojourn.mjs'

/** Sojourn's, with a client. @param {'node-redis' | 'ioredis'} name @returns {Promise<import('./index.mjs').Store>} */
export async function openRedis(name, url) {
  const client = await clients[name](url)
  const store = redisStore(client.client)
  return {
    load: (sessions) => fillWith(sessions, store.create),
    ...operationsOf(store),
    async drop(sessions) {
      const keys = sessions.flatMap(({ id, userId }) => [`sojourn:session:${id}`, `sojourn:user:${userId}`])
      await client.remove(keys)
    },
    close: client.close,
  }
}

/** What people have who use express-session. @returns {Promise<import('./index.mjs').Store>} */
export async function openConnectRedis(url) {
  const { RedisStore } = await import('connect-redis')
  const { client, remove, close } = await nodeRedis(url)
  const store = new RedisStore({ client })
  const put = (session, change) => store.set(session.id, kept(session, change))
  return {
    load: (sessions) => fillWith(sessions, put),
    read: (id) => store.get(id),
    dataOf: (found) => found ?? undefined,
    create: (session) => put(session),
    update: put,
    touch: (session) => store.touch(session.id, kept(session)),
    end: ({ id }) => store.destroy(id),
    drop: (sessions) => remove(sessions.map(({ id }) => `sess:${id}`)),
    close,
  }
}

const kept = ({ userId, data, expiresAt }, change) => ({
  cookie: { originalMaxAge: null, expires: new Date(expiresAt).toISOString(), httpOnly: true, path: '/' },
  userId,
  ...data,
  ...change,
})

const clients = { 'node-redis': nodeRedis, ioredis: ioRedis }

async function nodeRedis(url) {
  const { createClient } = await import('redis')
  const client = await createClient({ url, RESP: 3 }).connect()
  return { client, remove: (keys) => client.unlink(keys), close: () => client.destroy() }
}

async function ioRedis(url) {
  const { Redis } = await import('ioredis')
  const client = new Redis(url)
  return { client, remove: (keys) => client.unlink(...keys), close: () => client.disconnect() }
}
