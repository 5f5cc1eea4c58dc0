import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RedisStore } from 'connect-redis'
import formerSession from 'express-session'
import session from 'sojourn/compat/express-session'
import type { RequestHandler } from 'express'
import { createClient } from 'redis'
import createFileStore from 'session-file-store'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeRedis, startRedis, type RedisServer } from '../../../support/servers/redis.ts'
import { cookieOf, options, serve } from './serve.ts'

const Files = createFileStore(session as never)

const middlewareOf = (create: typeof formerSession, store: formerSession.Store, more: object): RequestHandler =>
  create({
    ...options(),
    secret: ['a new secret', 'a secret of thirty-two characters'],
    store,
    ...more,
  } as formerSession.SessionOptions)

/** Runs the life of a session on servers of both libraries that share a store of express-session. */
function conductOn(open: () => formerSession.Store): void {
  async function servers(more: object = {}) {
    const store = open()
    const holds: (() => void)[] = []
    const [former, one] = await Promise.all(
      [formerSession, session as unknown as typeof formerSession].map(async (create) =>
        serve((app) => {
          app.use(middlewareOf(create, store, more))
          app.get('/in/:user', (req, res) => {
            req.session.userId = req.params.user
            res.end()
          })
          app.get('/set/:key', (req, res) => {
            Object.assign(req.session, { [req.params.key]: 1 })
            res.end()
          })
          app.get('/slow', (req, res) => {
            holds.push(() => {
              req.session.visits = 1
              res.end()
            })
          })
          app.get('/slow-read', (_req, res) => void holds.push(() => res.end()))
          app.get('/out', (req, res, next) => req.session.destroy((error) => (error ? next(error) : res.end())))
          app.get('/', (req, res) => void res.json({ ...req.session, cookie: undefined }))
        }),
      ),
    )
    const held = async (): Promise<void> => {
      while (holds.length === 0) await new Promise(setImmediate)
    }
    return { former: former!, one: one!, held, release: () => holds.shift()!() }
  }

  it('opens the cookies and records of express-session, and the other way', async () => {
    const { former, one } = await servers()
    const cookie = cookieOf(await former('/set/a'))
    expect(await (await one('/', cookie)).json()).toMatchObject({ a: 1 })
    await one('/set/b', cookie)
    expect(await (await former('/', cookie)).json()).toMatchObject({ a: 1, b: 1 })
    const own = cookieOf(await one('/set/c'))
    expect(await (await former('/', own)).json()).toMatchObject({ c: 1 })
  })

  it('gives a new id at a sign-in', async () => {
    const { one } = await servers()
    const guest = cookieOf(await one('/set/a'))
    const user = cookieOf(await one('/in/ada', guest))
    expect(await (await one('/', user)).json()).toMatchObject({ a: 1, userId: 'ada' })
    expect(await (await one('/', guest)).json()).not.toHaveProperty('a')
    // The user keeps this id.
    expect(cookieOf(await one('/set/b', user))).toBe('')
  })

  it('keeps a user out who signs out while a slower request is under way', async () => {
    const { one, held, release } = await servers()
    const cookie = cookieOf(await one('/in/ada'))
    const slow = one('/slow', cookie)
    await held()
    await one('/out', cookie)
    release()
    expect(cookieOf(await slow)).toBe('')
    expect(await (await one('/', cookie)).json()).not.toHaveProperty('userId')
  })

  it.each(['/out', '/in/ada'])('with rolling, sends no cookie of an id that %s has ended meanwhile', async (path) => {
    const { one, held, release } = await servers({ rolling: true })
    const cookie = cookieOf(await one('/set/a'))
    const slow = one('/slow-read', cookie)
    await held()
    await one(path, cookie)
    release()
    expect(cookieOf(await slow)).toBe('')
  })

  it('keeps the changes of requests at once', async () => {
    const { one } = await servers()
    const cookie = cookieOf(await one('/in/ada'))
    await Promise.all(['a', 'b', 'c', 'd'].map(async (key) => one(`/set/${key}`, cookie)))
    expect(await (await one('/', cookie)).json()).toMatchObject({ a: 1, b: 1, c: 1, d: 1, userId: 'ada' })
  })
}

describe('MemoryStore of express-session', () => {
  conductOn(() => new formerSession.MemoryStore())
})

describe('session-file-store', () => {
  const path = mkdtempSync(join(tmpdir(), 'sojourn-compat-'))
  afterAll(() => rmSync(path, { recursive: true }))
  conductOn(() => new Files({ path, logFn() {}, retries: 0 }) as formerSession.Store)
})

describeRedis('connect-redis', () => {
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
  conductOn(() => new RedisStore({ client }))
})
