import Database from 'libsql'
import session from 'sojourn/compat/express-session'
import type { SessionStore } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { postgresStore } from 'sojourn/postgres'
import { redisStore } from 'sojourn/redis'
import { sqliteStore } from 'sojourn/sqlite'
import { Pool } from 'pg'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describePostgres, startPostgres, type PostgresServer } from '../../../support/servers/postgres.ts'
import { describeRedis, startRedis, type RedisServer } from '../../../support/servers/redis.ts'
import { cookieOf, options, serve } from './serve.ts'

/** Runs the life of a session on two servers that share a store. */
function conductOn(open: () => SessionStore | Promise<SessionStore>, contents?: () => Promise<string>): void {
  async function servers() {
    const store = await open()
    const handlers = [session(options({ store })), session(options({ store }))] as const
    const [one, other] = await Promise.all(
      handlers.map(async (handler) =>
        serve((app) => {
          app.use(handler)
          app.get('/in/:user', (req, res) => {
            req.session.userId = req.params.user
            req.session.cookie.maxAge = 3_600_000
            res.end(req.sessionID)
          })
          app.get('/set/:key', (req, res) => {
            Object.assign(req.session, { [req.params.key]: 'ü "x" \u0000' })
            res.end(req.sessionID)
          })
          app.get('/out', (req, res, next) => req.session.destroy((error) => (error ? next(error) : res.end())))
          app.get('/', (req, res) => void res.json({ ...req.session, cookie: undefined }))
        }),
      ),
    )
    return { one: one!, other: other!, sessions: handlers[0], store }
  }

  it('shares guests and users between servers, and ends them on both', async () => {
    const { one, other, sessions } = await servers()
    const guest = cookieOf(await one('/set/a'))
    expect(await (await other('/', guest)).json()).toEqual({ a: 'ü "x" \u0000' })
    const user = cookieOf(await other('/in/ada', guest))
    expect(await (await one('/', user)).json()).toEqual({ a: 'ü "x" \u0000', userId: 'ada' })
    expect(await (await one('/', guest)).json()).toEqual({})
    expect(await sessions.list('ada')).toHaveLength(1)
    await other('/out', user)
    expect(await (await one('/', user)).json()).toEqual({})
    expect(await sessions.list('ada')).toHaveLength(0)
  })

  it('keeps the changes of requests at once', async () => {
    const { one, other } = await servers()
    const cookie = cookieOf(await one('/in/bob'))
    const keys = ['a', 'b', 'c', 'd', 'e', 'f']
    await Promise.all(keys.map((key, index) => (index % 2 ? one : other)(`/set/${key}`, cookie)))
    expect(Object.keys(await (await one('/', cookie)).json()).toSorted()).toEqual([...keys, 'userId'])
  })

  it('revokes all sessions of a user', async () => {
    const { one, other, sessions } = await servers()
    const cookies = await Promise.all([one, other, one].map(async (get) => cookieOf(await get('/in/cyd'))))
    expect(await sessions.revokeAll('cyd')).toMatchObject({ ended: 3, confirmed: true })
    for (const cookie of cookies) expect(await (await other('/', cookie)).json()).toEqual({})
  })

  it('gets no id that opens a session', async () => {
    const { one, store } = await servers()
    const ids = [await (await one('/set/a')).text(), await (await one('/in/dan')).text()]
    let kept = (await contents?.()) ?? ''
    if (contents === undefined) for await (const entry of store.all!()) kept += JSON.stringify(entry)
    expect(kept).toContain('dan')
    for (const id of ids) expect(kept).not.toContain(id)
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
  conductOn(() => redisStore(client))
})

describePostgres('postgresStore', () => {
  let server: PostgresServer
  let pool: Pool
  beforeAll(async () => {
    server = await startPostgres()
    pool = new Pool({ connectionString: server.url })
  })
  afterAll(async () => {
    await pool.end()
    await server.stop()
  })
  let count = 0
  conductOn(async () => {
    const store = postgresStore(pool, { table: `compat_${count++}` })
    await store.createTable()
    return store
  })
})
