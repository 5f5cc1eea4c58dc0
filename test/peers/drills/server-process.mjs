// One server of an application: node server-process.mjs <what> <address of Redis> <port> <timeout of the store in seconds>
// It writes a line once it listens. `what` is which library has the sessions, and where they are.
import formerFastifySession from '@fastify/session'
import { RedisStore } from 'connect-redis'
import expressSession from 'express-session'
import formerKoaSession from 'koa-session'
import { createClient } from 'redis'
import session from 'sojourn/compat/express-session'
import { fastifySession } from 'sojourn/compat/fastify-session'
import koaSession from 'sojourn/compat/koa-session'
import { redisStore } from 'sojourn/redis'
import { listenWithExpress, listenWithFastify, listenWithKoa } from './hosts.mjs'

const [, , what, url, portText, storeTimeout] = process.argv
const port = Number(portText)
const client = createClient({ url }).on('error', () => {})
await client.connect()
const store = new RedisStore({ client })
/** The same, but not known by its name: it has no conditional write. */
class OtherStore extends RedisStore {}
const otherStore = new OtherStore({ client })
/** A store of koa-session, as applications write it. */
const koaStore = {
  get: async (key) => JSON.parse(await client.get(key)),
  set: async (key, record, maxAge) => client.set(key, JSON.stringify(record), { PX: maxAge }),
  destroy: async (key) => client.del(key),
}

const common = { secret: 'a secret of thirty-two characters', resave: false, saveUninitialized: false }
const ours = () => ({ store: redisStore(client), storeTimeout: Number(storeTimeout) })
const listen = {
  'express-session': () => listenWithExpress(expressSession({ ...common, store }), port),
  'the drop-in on connect-redis': () => listenWithExpress(session({ ...common, store }), port),
  'the drop-in on connect-redis without marks': () =>
    listenWithExpress(session({ ...common, store, marks: false }), port),
  'the drop-in on another store': () => listenWithExpress(session({ ...common, store: otherStore }), port),
  'the drop-in on another store without marks': () =>
    listenWithExpress(session({ ...common, store: otherStore, marks: false }), port),
  'the drop-in on redisStore': () => listenWithExpress(session({ ...common, ...ours(), from: store }), port),
  'koa-session': () => listenWithKoa((app) => formerKoaSession({ store: koaStore }, app), port),
  'the koa drop-in on a store of koa-session': () => listenWithKoa((app) => koaSession({ store: koaStore }, app), port),
  'the koa drop-in on such a store without marks': () =>
    listenWithKoa((app) => koaSession({ store: koaStore, marks: false }, app), port),
  'the koa drop-in on redisStore': () => listenWithKoa((app) => koaSession(ours(), app), port),
  '@fastify/session': () => listenWithFastify(formerFastifySession, { ...common, store }, port),
  'the Fastify drop-in on connect-redis': () => listenWithFastify(fastifySession, { ...common, store }, port),
  'the Fastify drop-in on redisStore': () => listenWithFastify(fastifySession, { ...common, ...ours() }, port),
}
await listen[what]()
console.log('listening')
