import { createRequire } from 'node:module'
import { RedisStore } from 'connect-redis'
import expressSession, { type Store } from 'express-session'
import passport from 'passport'
import { Strategy } from 'passport-local'
import pg from 'pg'
import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  connectPgSimple,
  connectRedis,
  fromExpressSession,
  type FromExpressSessionOptions,
} from '../../../src/from/express-session.ts'
import { createSessions } from '../../../src/index.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { browser, type Browser } from '../../support/browser.ts'
import { request, secrets, visit } from '../../support/sessions.ts'
import { describePostgres, startPostgres, type PostgresServer } from '../../support/servers/postgres.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { startExpress } from './express-apps.ts'

const secret = 'keyboard cat'
const day = 86_400
const apps: { close(): Promise<void> }[] = []
afterEach(async () => {
  vi.useRealTimers()
  await Promise.all(apps.splice(0).map((app) => app.close()))
})

async function appWith(
  store: Store,
  cookie: expressSession.CookieOptions = { maxAge: 30 * day * 1000 },
  ...more: any[]
) {
  const app = await startExpress(
    expressSession({ secret, store, resave: false, saveUninitialized: false, cookie }),
    ...more,
  )
  apps.push(app)
  return app
}

const signedInAt = (url: string, userId = '7'): Promise<Browser> =>
  visitorAt(`${url}/sign-in/${encodeURIComponent(userId)}`)

async function visitorAt(url: string): Promise<Browser> {
  const visitor = browser()
  const response = await fetch(url, { method: 'POST' })
  // express-session sends the headers before its store has the record.
  await response.text()
  visitor.receive(response.headers)
  return visitor
}

const sessionsWith = ({ keepCookie, ...options }: Partial<FromExpressSessionOptions> & { store: any }) =>
  createSessions({
    secrets,
    cookie: { secure: true },
    store: memoryStore(),
    storeTimeout: 0.2,
    accept: [fromExpressSession({ secret, user: (data) => data['userId'], keepCookie, ...options })],
  })

const lifetimes = [
  ['idleTimeout', false, 7 * day - 60],
  ['absoluteTimeout, if the cookie remains', true, 30 * day - 60],
] as const

describeRedis('a record of connect-redis', () => {
  let server: RedisServer
  let client: ReturnType<typeof clientOf>
  const clientOf = () => createClient({ url: server.url })

  beforeAll(async () => {
    server = await startRedis()
    client = clientOf()
    await client.connect()
  })
  afterAll(async () => {
    client.destroy()
    await server.stop()
  })
  afterEach(() => client.flushAll())

  const ttl = async () => client.ttl((await client.keys('sess:*'))[0]!)

  it.each(lifetimes)('lives no longer than %s after its adoption', async (_, keepCookie, seconds) => {
    const app = await appWith(new RedisStore({ client }), { maxAge: 400 * day * 1000 })
    const visitor = await signedInAt(app.url)
    await visit(sessionsWith({ store: connectRedis(client), keepCookie }), visitor)

    expect(Math.abs((await ttl()) - seconds)).toBeLessThan(10)
  })

  it('does not live longer after its adoption than before', async () => {
    const app = await appWith(new RedisStore({ client }), { maxAge: 3_600_000 })
    const visitor = await signedInAt(app.url)
    await visit(sessionsWith({ store: connectRedis(client) }), visitor)

    expect(await ttl()).toBeLessThanOrEqual(3600)
  })

  it('is none if its key has no JSON object, or is of another type', async () => {
    const store = connectRedis(client)
    await client.set('sess:text', 'no JSON')
    await client.set('sess:list', '[1]')
    await client.set('sess:large', JSON.stringify({ text: 'x'.repeat(2 ** 20) }))
    await client.rPush('sess:other', 'x')

    for (const id of ['text', 'list', 'large', 'other', 'missing']) expect(await store.get(id)).toBeNull()
  })

  it('is that of the prefix, which must not be empty', async () => {
    await client.set('web:1', '{"userId":7}')
    expect(await connectRedis(client, { prefix: 'web:' }).get('1')).toEqual({ userId: 7 })
    expect(() => connectRedis(client, { prefix: '' })).toThrow('prefix of connectRedis must be text')
  })
})

describePostgres('a record of connect-pg-simple', () => {
  let server: PostgresServer
  let pool: pg.Pool

  beforeAll(async () => {
    server = await startPostgres()
    pool = new pg.Pool({ connectionString: server.url })
    // Its end does not wait for its connections, and the server reports to each of them that it stops.
    pool.on('error', () => {})
    pool.on('connect', (connection) => connection.on('error', () => {}))
  })
  afterAll(async () => {
    await pool.end()
    await server.stop()
  })

  async function createStore(): Promise<Store> {
    const PostgresStore = createRequire(import.meta.url)('connect-pg-simple')(expressSession)
    await pool.query('DROP TABLE IF EXISTS session')
    return new PostgresStore({ pool, createTableIfMissing: true, pruneSessionInterval: false })
  }

  it.each(lifetimes)('lives no longer than %s after its adoption', async (_, keepCookie, seconds) => {
    const app = await appWith(await createStore(), { maxAge: 400 * day * 1000 })
    const visitor = await signedInAt(app.url)
    const sessions = sessionsWith({ store: connectPgSimple(pool), keepCookie })
    await visit(sessions, visitor)
    const { rows } = await pool.query('SELECT extract(epoch FROM expire - localtimestamp) AS seconds FROM session')

    expect(rows.map((row) => Math.round(Number(row.seconds) / 60))).toEqual([Math.round(seconds / 60)])
  })

  it('has its texts as they are, so that no user is taken for another', async () => {
    const app = await appWith(await createStore())
    // In our own tables, this would be an escape of "admin".
    const userId = '\x1a0061dmin'
    const visitor = await signedInAt(app.url, userId)

    expect((await sessionsWith({ store: connectPgSimple(pool) }).open(visitor.cookie)).userId).toBe(userId)
  })

  it('is none if it is no object, or has more than a million characters', async () => {
    await createStore().then(async (store) => new Promise((resolve) => void store.get('create the table', resolve)))
    const records = {
      list: '[1]',
      text: '"x"',
      large: JSON.stringify({ text: 'x'.repeat(2 ** 20) }),
      good: '{"userId":7}',
    }
    for (const [id, record] of Object.entries(records))
      await pool.query(`INSERT INTO session VALUES ($1, $2, now() + interval '1 day')`, [id, record])

    const store = connectPgSimple(pool)
    for (const id of ['list', 'text', 'large', 'missing']) expect(await store.get(id)).toBeNull()
    expect(await store.get('good')).toEqual({ userId: 7 })
  })

  it('needs names for its table', () => {
    expect(() => connectPgSimple(pool, { tableName: '' })).toThrow('must be names')
  })
})

describe('a store of express-session that does not answer', () => {
  it.each<[string, (callback: (error: unknown) => void) => void]>([
    ['calls back with an error', (callback) => callback(new Error('gone'))],
    ['never calls back', () => {}],
  ])('makes the session unavailable if it %s, and no cookie changes', async (_, fail) => {
    const store = new expressSession.MemoryStore()
    const visitor = await signedInAt((await appWith(store)).url)
    const { cookie } = visitor
    const get = vi.spyOn(store, 'get').mockImplementation(((_id: string, callback: any) => fail(callback)) as any)
    const sessions = sessionsWith({ store })

    expect((await sessions.open(cookie)).outcome).toBe('unavailable')
    expect((await request(sessions, cookie)).getSetCookie()).toEqual([])
    get.mockRestore()
    expect((await sessions.open(cookie)).userId).toBe('7')
  })

  it('makes a sign-out fail if it cannot destroy the record, because its cookie would sign the user in again', async () => {
    const store = new expressSession.MemoryStore()
    const visitor = await signedInAt((await appWith(store)).url)
    const sessions = sessionsWith({ store, keepCookie: true })
    await visit(sessions, visitor)
    const destroy = vi.spyOn(store, 'destroy').mockImplementation((_id, callback) => callback?.(new Error('gone')))
    const signOut = () => request(sessions, visitor.cookie, (session) => session.signOut())

    await expect(signOut()).rejects.toMatchObject({ code: 'ERR_SESSION_UNAVAILABLE' })
    destroy.mockRestore()
    visitor.receive(await signOut())
    expect(visitor.cookie).toBe('')
  })
})

describe('a session of express-session', () => {
  it('has the user of Passport, and none of its keys', async () => {
    const store = new expressSession.MemoryStore()
    const authenticator = new passport.Passport()
    authenticator.use(new Strategy((name, _password, done) => done(null, { id: name })))
    authenticator.serializeUser((user, done) => done(null, (user as { id: string }).id))
    authenticator.deserializeUser((id, done) => done(null, { id } as Express.User))
    const login = authenticator.authenticate('local')
    const app = await appWith(store, {}, authenticator.session(), (req: any, res: any, next: any) =>
      req.path === '/login' ? login(req, res, next) : next(),
    )
    const visitor = await visitorAt(`${app.url}/login?username=ada&password=engine`)
    const session = await sessionsWith({ store, user: (data) => data['passport']?.user }).open(visitor.cookie)

    expect(session).toMatchObject({ userId: 'ada', data: {} })
    expect(session.data).toEqual({})
  })

  it('ends with the browser if its cookie does', async () => {
    const store = new expressSession.MemoryStore()
    const visitor = await signedInAt((await appWith(store, {})).url)
    await visit(sessionsWith({ store }), visitor)
    expect(visitor.cookie).not.toBe('')
    visitor.close()
    expect(visitor.cookie).toBe('')
  })

  it('is live if its store returns it, although the record names an earlier time', async () => {
    // touch of connect-redis moves the expiry of the key only.
    const record = { cookie: { expires: '2020-01-01T00:00:00.000Z', originalMaxAge: 1000 }, userId: 7 }
    const store = new expressSession.MemoryStore()
    const visitor = await signedInAt((await appWith(store)).url)
    const sessions = sessionsWith({ store: { get: async () => record, destroy: async () => {} } })

    expect((await sessions.open(visitor.cookie)).userId).toBe('7')
  })

  it('of another user with the same id is another session', async () => {
    const store = new expressSession.MemoryStore()
    const app = await appWith(store)
    const visitor = await signedInAt(app.url)
    const sessions = sessionsWith({ store, keepCookie: true })
    const first = await sessions.open(visitor.cookie)
    await sessions.commit(first)
    const again = await fetch(`${app.url}/sign-in/8`, { method: 'POST', headers: { Cookie: visitor.cookie } })
    await again.text()
    const second = await sessions.open(visitor.cookie)

    expect(second.userId).toBe('8')
    expect(second.id).not.toBe(first.id)
  })
})
