import type { FastifyInstance } from 'fastify'
import Database from 'libsql'
import { createClient } from 'redis'
import session from 'sojourn/compat/express-session'
import { fastifySession, MemoryStore } from 'sojourn/compat/fastify-session'
import type { SessionStore } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { redisStore } from 'sojourn/redis'
import { sqliteStore } from 'sojourn/sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeRedis, startRedis, type RedisServer } from '../../../support/servers/redis.ts'
import { cookieOf, serve as serveExpress } from '../express-session/serve.ts'
import { addCommonRoutes, lateStore, options, serve, sessionOf } from './serve.ts'

/** Routes that manage the sessions of the request's user. */
function addRoutes(app: FastifyInstance): void {
  addCommonRoutes(app)
  const sessions = app.sessionManagement
  app.get('/list', async (request) => {
    const list = await sessions.list(sessionOf(request).userId)
    return { ids: list.map(({ id }) => id), own: sessions.idOf(sessionOf(request)) }
  })
  app.get('/revoke/:id', async (request) =>
    sessions.revoke(sessionOf(request).userId, (request.params as { id: string }).id),
  )
  app.get('/others', async (request) => sessions.revokeAll(sessionOf(request).userId, { except: sessionOf(request) }))
  app.get('/all', async () => sessions.revokeAll('ada'))
}

it('reads a session that regenerate made only from its next request on', async () => {
  const { store, state } = lateStore()
  const { calls } = state
  const get = await serve(fastifySession, options({ store, marks: false }))
  const { cookie } = await get('/set/cart/tea')
  calls.length = 0
  const again = await get('/again', cookie)
  expect([again.json(), calls.splice(0)]).toEqual([{ cart: 'tea' }, ['get', 'get', 'destroy', 'set', 'set']])
  await get('/set/cart/milk', again.cookie)
  expect(calls).toEqual(['get', 'get', 'set'])
})

function conductOn(open: () => SessionStore): void {
  async function servers() {
    const store = open()
    const start = async () => serve(fastifySession, options({ store }), addRoutes)
    return { one: await start(), other: await start(), store }
  }

  it('shares sessions between servers, and ends them on both', async () => {
    const { one, other } = await servers()
    const { cookie } = await one('/set/userId/ada')
    expect((await other('/', cookie)).json()).toEqual({ userId: 'ada' })
    await other('/out', cookie)
    expect((await one('/', cookie)).json()).toEqual({})
  })

  it("lists a user's sessions, ends one, all others, and all", async () => {
    const { one, other } = await servers()
    const cookies: string[] = []
    for (const get of [one, other, one, other]) cookies.push((await get('/set/userId/ada')).cookie)
    const [first, second, third, fourth] = cookies as [string, string, string, string]
    const { ids, own } = (await one('/list', first)).json()
    expect([ids.length, ids.includes(own), first.includes(own)]).toEqual([4, true, false])
    expect((await other(`/revoke/${own}`, second)).json()).toMatchObject({ ended: 1 })
    expect((await one('/', first)).json()).toEqual({})
    await one('/others', second)
    expect((await other('/', third)).json()).toEqual({})
    expect((await one('/', second)).json()).toEqual({ userId: 'ada' })
    await other('/all', fourth)
    expect((await one('/', second)).json()).toEqual({})
  })

  it('gets no id that opens a session', async () => {
    const { one, store } = await servers()
    const ids = [(await one('/set/cart/tea')).cookie, (await one('/set/userId/dan')).cookie]
    let kept = ''
    for await (const entry of store.all!()) kept += JSON.stringify(entry)
    expect(kept).toContain('dan')
    for (const cookie of ids) expect(kept).not.toContain(/=([\w-]{32})\./.exec(cookie)![1])
  })

  it('ends a session maxAge after its last use, or at the fixed time of expires', async () => {
    const store = open()
    const soon = new Date(Date.now() + 2 * 86_400_000)
    const [short, fixed] = await Promise.all([
      serve(fastifySession, options({ store, cookie: { secure: false, maxAge: 20 } })),
      serve(fastifySession, options({ store, ttl: 1, cookie: { secure: false, expires: soon } })),
    ])
    const [a, b] = [(await short!('/set/cart/tea')).cookie, (await fixed!('/set/cart/milk')).cookie]
    const expiries: number[] = []
    for await (const entry of store.all!())
      if ('key' in entry) expiries.push(Reflect.get(entry.found, 'expiresAt') as number)
    expect(Math.max(...expiries)).toBeGreaterThan(soon.valueOf() - 60_000)
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect((await short!('/', a)).json()).toEqual({})
    expect((await fixed!('/', b)).json()).toEqual({ cart: 'milk' })
  })
}

describe('memoryStore', () => {
  conductOn(() => memoryStore())
})

describe('sqliteStore', () => {
  conductOn(() => sqliteStore(new Database(':memory:')))
})

describeRedis('redisStore', () => {
  let server: RedisServer
  let client: ReturnType<typeof createClient>
  beforeAll(async () => {
    server = await startRedis()
    client = createClient({ url: `redis://127.0.0.1:${server.port}` })
    await client.connect()
  })
  afterAll(async () => {
    await client.close()
    await server.stop()
  })
  let count = 0
  conductOn(() => redisStore(client, { prefix: `fastify-${count++}:` }))
})

it("shares its sessions with the drop-in for express-session, if both have a store of Sojourn's and the cookie is the same", async () => {
  const store = memoryStore()
  const secret = 'a secret of at least thirty-two characters'
  const onFastify = await serve(
    fastifySession,
    options({ store, secret, cookieName: 'connect.sid', cookiePrefix: 's:' }),
  )
  const onExpress = await serveExpress((app) => {
    app.use(session({ store, secret, resave: false, saveUninitialized: false }))
    app.get('/', (req, res) => {
      req.session.visits = 1
      res.json({ ...req.session, cookie: undefined })
    })
  })
  const cookie = cookieOf(await onExpress('/'))
  await onFastify('/set/cart/tea', cookie)
  expect(await (await onExpress('/', cookie)).json()).toEqual({ cart: 'tea', visits: 1 })
})

it('writes only the last use of a visit that changes nothing', async () => {
  const events: string[] = []
  const given = options({ store: memoryStore(), onEvent: ({ type }) => void events.push(type) })
  const get = await serve(fastifySession, { ...given, cookie: { secure: false, maxAge: 60_000 } })
  const { cookie } = await get('/set/cart/tea')
  await get('/', cookie)
  await get('/', cookie)
  expect(events.filter((type) => type !== 'opened')).toEqual(['began', 'touched', 'touched'])
})

it('rejects to list and to revoke without a store of Sojourn', async () => {
  const get = await serve(fastifySession, options({ store: lateStore().store }), addRoutes)
  for (const path of ['/list', '/revoke/x', '/all'])
    expect((await get(path)).json()).toMatchObject({ code: 'ERR_NO_STORE', statusCode: 500 })
})

it('keeps sessions in a map that the application may look into', async () => {
  const map = new Map()
  const store = new MemoryStore(map)
  const get = await serve(fastifySession, options({ store, cookie: { secure: false, maxAge: 1000 } }))
  await get('/set/cart/tea')
  expect([...map.values()]).toEqual([{ cart: 'tea', cookie: expect.objectContaining({ originalMaxAge: 1000 }) }])
  // Not the session itself, which would keep its request in memory.
  expect(Object.getPrototypeOf([...map.values()][0])).toBe(Object.prototype)
  expect(Reflect.get(store, 'store')).toBe(map)
})

describe('a full MemoryStore', () => {
  async function fullStore(values: (index: number) => object, more: object = {}) {
    const map = new Map<string, any>()
    const store = new MemoryStore(map)
    for (let index = 0; index < 100_000; index++) map.set(String(index), values(index))
    const get = await serve(fastifySession, options({ store, ...more }))
    return { map, get }
  }
  const cookie = { expires: null }

  it('removes sessions that have expired', async () => {
    const { map, get } = await fullStore((index) => ({ cookie: { expires: index === 7 ? new Date(0) : null } }))
    expect((await get('/set/cart/tea')).status).toBe(200)
    expect([map.has('7'), map.has('0'), map.size]).toEqual([false, true, 100_000])
  })

  it('removes guests that were written longest ago, and no user', async () => {
    const { map, get } = await fullStore((index) => (index === 0 ? { account: 'ada', cookie } : { cookie }), {
      userOf: ({ account }: any) => account,
    })
    const { cookie: guest } = await get('/set/cart/tea')
    expect([map.has('0'), map.has('1'), map.has('1000'), map.has('1001'), map.size]).toEqual([
      true,
      false,
      false,
      true,
      99_001,
    ])
    // It is the last to be removed, because it was written last.
    await get('/set/a/b', guest)
    expect([...map.keys()].at(-1)).toBe(/=([\w-]+)/.exec(guest)![1])
  })

  it('refuses a new session if all are users', async () => {
    const { get } = await fullStore(() => ({ userId: 'ada', cookie }))
    const message = expect.stringMatching(/^MemoryStore is full/)
    expect((await get('/set/cart/tea')).json()).toMatchObject({ message })
  })
})
