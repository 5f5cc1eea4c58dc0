import type { FastifyInstance } from 'fastify'
import { fastifySession } from 'sojourn/compat/fastify-session'
import type { SessionEvent } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { describe, expect, it } from 'vitest'
import { watchedStore } from '../express-session/serve.ts'
import { addCommonRoutes, lateStore, options, serve, sessionOf } from './serve.ts'

describe("while a store of Sojourn's does not answer", () => {
  async function application(more: object = {}) {
    const { store, state } = watchedStore(memoryStore())
    const events: SessionEvent[] = []
    const given = options({ store, onEvent: (event) => void events.push(event), ...more })
    const get = await serve(fastifySession, given, (app: FastifyInstance) => {
      addCommonRoutes(app)
      app.get('/fails/:key', (request, reply) => {
        state.isDown = true
        sessionOf(request)[(request.params as { key: string }).key] = 'x'
        return reply.header('etag', '"1"').send({ done: true })
      })
    })
    return { get, state, events }
  }

  it('a request gets 503 and no cookie, and its cookie is good afterwards', async () => {
    const { get, state, events } = await application()
    const { cookie } = await get('/set/userId/ada')
    state.isDown = true
    for (const path of ['/', '/set/cart/tea']) {
      const { status, setCookies, headers } = await get(path, cookie)
      expect([status, setCookies, headers['retry-after']]).toEqual([503, [], '1'])
    }
    state.isDown = false
    expect((await get('/', cookie)).json()).toEqual({ userId: 'ada' })
    expect(events.map(({ type }) => type)).toContain('began')
  })

  it('a save that fails is 503 without a cookie, for a visit, a new value and a sign-in', async () => {
    for (const key of ['cart', 'userId']) {
      const { get, state } = await application()
      const { cookie } = await get('/set/a/b')
      const failed = await get(`/fails/${key}`, cookie)
      expect([failed.status, failed.setCookies, failed.headers['etag']]).toEqual([503, [], undefined])
      expect(failed.json()).toMatchObject({ code: 'ERR_SESSION_UNAVAILABLE' })
      state.isDown = false
      expect((await get('/', cookie)).json()).toEqual({ a: 'b' })
    }
  })

  it('a new visitor gets 503 without a cookie', async () => {
    const { get } = await application()
    const failed = await get('/fails/cart')
    expect([failed.status, failed.setCookies]).toEqual([503, []])
  })

  it("nothing is deleted, also with clearCookie: 'peer'", async () => {
    const { get, state } = await application({ clearCookie: 'peer', saveUninitialized: false })
    const { cookie } = await get('/set/a/b')
    state.isDown = true
    expect((await get('/', cookie)).setCookies).toEqual([])
  })
})

describe("if a store of @fastify/session's reports an error", () => {
  it('reading is an error without a cookie, unless a file is missing', async () => {
    const { store, state } = lateStore()
    const get = await serve(fastifySession, options({ store }))
    const { cookie } = await get('/set/a/b')
    state.error = new Error('no connection')
    expect([(await get('/', cookie)).status, (await get('/', cookie)).setCookies]).toEqual([500, []])
    state.error = null
    expect((await get('/', cookie)).json()).toEqual({ a: 'b' })
    store.get = (_id: string, callback: (error?: any) => void) =>
      callback(Object.assign(new Error('x'), { code: 'ENOENT' }))
    expect((await get('/', cookie)).json()).toEqual({})
  })

  it('writing is an error without a cookie', async () => {
    const { store, state } = lateStore()
    const get = await serve(fastifySession, options({ store }), (app) => {
      app.get('/', () => {
        state.error = new Error('no connection')
        return {}
      })
    })
    const failed = await get('/')
    expect([failed.status, failed.setCookies, failed.json().message]).toEqual([500, [], 'no connection'])
  })

  it('destroy and regenerate report it', async () => {
    const { store, state } = lateStore()
    const get = await serve(fastifySession, options({ store }), (app) => {
      app.get('/:method', async (request) => {
        state.error = new Error('no connection')
        await sessionOf(request)[(request.params as { method: string }).method]()
        return {}
      })
    })
    for (const method of ['destroy', 'regenerate', 'save', 'reload']) {
      state.error = null
      expect([method, (await get(`/${method}`)).json().message]).toEqual([method, 'no connection'])
    }
  })
})

it('the response to an error changes no cookie, although the store answers again, and has the status of the error', async () => {
  const { store, state } = watchedStore(memoryStore())
  const get = await serve(fastifySession, options({ store }), (app) => {
    app.setErrorHandler((_error, _request, reply) => {
      state.isDown = false
      return reply.send({ failed: true })
    })
    app.get('/', () => {
      state.isDown = true
      return {}
    })
  })
  const failed = await get('/')
  expect([failed.status, failed.json(), failed.setCookies]).toEqual([503, { failed: true }, []])
})

it('a value without JSON is an error that says so, and no cookie', async () => {
  const get = await serve(fastifySession, options(), (app) => {
    app.get('/', (request) => {
      sessionOf(request).big = 1n
      return {}
    })
  })
  const failed = await get('/')
  expect([failed.status, failed.setCookies, failed.json().message]).toEqual([
    500,
    [],
    expect.stringContaining('BigInt'),
  ])
})
