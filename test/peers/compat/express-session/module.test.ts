import { spawnSync } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import { inherits } from 'node:util'
import type { IncomingMessage } from 'node:http'
import type { ErrorRequestHandler } from 'express'
import type expressSession from 'express-session'
import session, { MemoryStore, Session, Store, type SessionOptions } from 'sojourn/compat/express-session'
import { memoryStore } from 'sojourn/memory'
import { expect, expectTypeOf, it } from 'vitest'
import { cookieOf, options, serve } from './serve.ts'

it('is callable by require, and is the same as by import', async () => {
  const required = createRequire(import.meta.url)('sojourn/compat/express-session') as typeof session
  expect(Object.keys(required).toSorted()).toEqual(['Cookie', 'MemoryStore', 'Session', 'Store'])
  const get = await serve((app) => {
    app.use(required(options({ store: new required.MemoryStore() })))
    app.get('/', (req, res) => void res.json(Object.assign(req.session, { visits: 1 }).visits))
  })
  expect(cookieOf(await get('/'))).not.toBe('')

  const script = `
    const required = require('sojourn/compat/express-session')
    import('sojourn/compat/express-session').then(({ default: imported, Store, MemoryStore, Session, Cookie }) => {
      console.log(required === imported, required.Store === Store, required.MemoryStore === MemoryStore)
      console.log(required.Session === Session, required.Cookie === Cookie)
    })`
  const { stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', '-e', script], { encoding: 'utf8' })
  expect(stdout + stderr).toBe('true true true\ntrue true\n')
})

it('keeps the types of express-session', () => {
  expectTypeOf<Session>().toEqualTypeOf<expressSession.Session>()
  expectTypeOf<SessionOptions['cookie']>().toEqualTypeOf<expressSession.SessionOptions['cookie'] | undefined>()
  // The application declares it.
  expectTypeOf<IncomingMessage extends { session: infer S } ? S : expressSession.SessionData>().toHaveProperty('visits')
  const store: expressSession.Store = new MemoryStore()
  expect(session({ secret: 'x', store, cookie: { sameSite: 'lax' }, userOf: ({ userId }) => userId })).toBeTypeOf(
    'function',
  )
})

it('has a Store that old stores call without new', async () => {
  const records = new Map<string, string>()
  function OldStore(this: object): void {
    ;(Store as unknown as { call(self: object): void }).call(this)
  }
  inherits(OldStore, Store as never)
  Object.assign(OldStore.prototype, {
    get: (id: string, callback: (error: null, session?: object) => void) =>
      callback(null, records.has(id) ? JSON.parse(records.get(id)!) : undefined),
    set(id: string, values: object, callback: () => void) {
      records.set(id, JSON.stringify(values))
      callback()
    },
    destroy(id: string, callback: () => void) {
      records.delete(id)
      callback()
    },
  })
  const store = new (OldStore as unknown as new () => Store)()
  expect(store).toBeInstanceOf(EventEmitter)
  const get = await serve((app) => {
    app.use(session(options({ store })))
    app.get('/', (req, res) => {
      req.session.visits = (req.session.visits ?? 0) + 1
      res.json(req.session.visits)
    })
    app.get('/regenerate', (req, res) => store.regenerate(req, () => void res.json(req.session.visits ?? null)))
  })
  const cookie = cookieOf(await get('/'))
  expect(await (await get('/', cookie)).json()).toBe(2)
  expect(await (await get('/regenerate', cookie)).json()).toBe(null)
  expect(await (await get('/', cookie)).json()).toBe(1)
  const [id] = [...records.keys()]
  await new Promise<void>((resolve) =>
    store.load(id!, (_error, loaded) => {
      expect([Reflect.get(loaded!, 'id'), loaded instanceof (Session as never)]).toEqual([id, true])
      resolve()
    }),
  )
  store.emit('disconnect')
  expect((await get('/', cookie)).status).toBe(500)
  store.emit('connect')
  expect((await get('/', cookie)).status).toBe(200)
})

it('opens the session of a socket, whose response is empty', async () => {
  const sessions = session(options({ store: memoryStore() }))
  const get = await serve((app) => {
    app.use(sessions)
    app.get('/in', (req, res) => {
      req.session.userId = 'ada'
      res.end()
    })
    app.get('/', (req, res) => void res.json(req.session.visits ?? null))
  })
  const cookie = cookieOf(await get('/in'))
  const handshake = { url: '/socket', headers: { cookie } } as IncomingMessage & { session: Session }
  await new Promise((resolve) => sessions(handshake as never, {} as never, resolve))
  expect(handshake.session).toMatchObject({ userId: 'ada' })
  handshake.session.reload(() => {})
  Object.assign(handshake.session, { visits: 3 })
  await new Promise((resolve) => handshake.session.save(resolve))
  expect(await (await get('/', cookie)).json()).toBe(3)
})

it('reports a record that is no session to the error handler', async () => {
  const store = new MemoryStore()
  const errors: string[] = []
  const get = await serve((app) => {
    app.use(session(options({ store })))
    app.get('/', (req, res) => void res.json((req.session.visits = 1)))
    app.get('/break', (req, res) => void store.set(req.sessionID, {} as never, () => res.end()))
    app.use(((error, _req, res, _next) => {
      errors.push(String(error))
      res.status(500).end()
    }) as ErrorRequestHandler)
  })
  const cookie = cookieOf(await get('/'))
  await get('/break', cookie)
  expect((await get('/', cookie)).status).toBe(500)
  expect(errors).toEqual([expect.stringMatching(/^TypeError: Cannot read prop/)])
})

it('lists what MemoryStore has, without the ids of cookies', async () => {
  const store = new MemoryStore() as expressSession.MemoryStore
  const get = await serve((app) => {
    app.use(session(options({ store })))
    app.get('/', (req, res) => {
      req.session.visits = 1
      res.end(req.sessionID)
    })
  })
  const id = await (await get('/')).text()
  const all = await new Promise<Record<string, unknown>>((resolve) =>
    store.all((_error, found) => resolve(found as never)),
  )
  expect(Object.values(all)).toEqual([expect.objectContaining({ visits: 1 })])
  expect(Object.keys(all)).not.toContain(id)
  expect(await new Promise((resolve) => store.length((_error, length) => resolve(length)))).toBe(1)
  await new Promise<void>((resolve) => store.clear(() => resolve()))
  expect(await new Promise((resolve) => store.length((_error, length) => resolve(length)))).toBe(0)
})
