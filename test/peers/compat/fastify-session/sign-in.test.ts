import { fastifySession, MemoryStore } from 'sojourn/compat/fastify-session'
import type { FastifyInstance } from 'fastify'
import { memoryStore } from 'sojourn/memory'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { lateStore, options, serve, sessionOf, valuesOf, addCommonRoutes } from './serve.ts'

const addRoutes = (app: FastifyInstance): void => {
  addCommonRoutes(app)
  app.get<{ Params: { user: string } }>('/in/:user', (request) => {
    sessionOf(request).userId = request.params.user
    return valuesOf(request)
  })
  app.get<{ Params: { user: string } }>('/in-saved/:user', async (request) => {
    sessionOf(request).userId = request.params.user
    await sessionOf(request).save()
    return valuesOf(request)
  })
  app.get<{ Params: { user: string } }>('/in-regenerated/:user', async (request) => {
    await sessionOf(request).regenerate()
    sessionOf(request).userId = request.params.user
    return valuesOf(request)
  })
  app.get<{ Params: { user: string } }>('/in-passport/:user', (request) => {
    sessionOf(request).passport = { user: request.params.user }
    return valuesOf(request)
  })
  app.get('/forget', async (request) => {
    delete sessionOf(request).userId
    await sessionOf(request).save()
    return valuesOf(request)
  })
}

/** An application with a page that waits, and then does `work`. */
async function withSlowPage(given: object, work: (request: object) => unknown) {
  let letGo = (): void => {}
  const gate = new Promise<void>((resolve) => (letGo = resolve))
  const get = await serve(fastifySession, options(given), (app) => {
    addRoutes(app)
    app.get('/slow', async (request) => {
      await gate
      await work(request)
      return {}
    })
  })
  return { get, letGo }
}

describe.each([
  ['MemoryStore', () => new MemoryStore()],
  ["a store of @fastify/session's", () => lateStore().store],
  ["a store of Sojourn's", () => memoryStore()],
])('on %s', (_name, newStore) => {
  const start = async (more: object = {}) => serve(fastifySession, options({ store: newStore(), ...more }), addRoutes)

  it('a session gets a new id when its user signs in, and the old id opens nothing', async () => {
    const get = await start()
    const { cookie: guest } = await get('/set/cart/tea')
    const { cookie: user } = await get('/in/ada', guest)
    expect(user).toMatch(/^sessionId=/)
    expect(user).not.toBe(guest)
    expect((await get('/', user)).json()).toEqual({ cart: 'tea', userId: 'ada' })
    expect((await get('/', guest)).json()).toEqual({})
    expect((await get('/set/a/b', user)).cookie).toBe(user)
  })

  it('the same holds if the handler saves, and after regenerate', async () => {
    const get = await start({ rolling: false })
    const { cookie: guest } = await get('/set/cart/tea')
    const { cookie: user } = await get('/in-saved/ada', guest)
    expect([user === guest, user === '']).toEqual([false, false])
    expect((await get('/', user)).json()).toEqual({ cart: 'tea', userId: 'ada' })
    expect((await get('/', guest)).json()).toEqual({})
  })

  it('a session gets a new id when its user signs out, also if the handler saves', async () => {
    const get = await start({ rolling: false })
    const { cookie: user } = await get('/in/ada')
    const { cookie: guest } = await get('/forget', user)
    expect([guest === user, guest === '']).toEqual([false, false])
    expect((await get('/', user)).json()).toEqual({})
    expect((await get('/', guest)).json()).toEqual({})
  })

  it('the id stays with rotate: false', async () => {
    const get = await start({ rotate: false })
    const { cookie: guest } = await get('/set/cart/tea')
    expect((await get('/in/ada', guest)).cookie).toBe(guest)
    expect((await get('/', guest)).json()).toEqual({ cart: 'tea', userId: 'ada' })
  })

  it('who signs out stays out, although a slow request saves its session afterwards', async () => {
    let letGo = (): void => {}
    const gate = new Promise<void>((resolve) => (letGo = resolve))
    const get = await serve(fastifySession, options({ store: newStore() }), (app) => {
      addRoutes(app)
      app.get('/slow', async (request) => {
        sessionOf(request).cart = 'late'
        await gate
        return valuesOf(request)
      })
    })
    const { cookie } = await get('/in/ada')
    const slow = get('/slow', cookie)
    await get('/out', cookie)
    letGo()
    expect([(await slow).status, (await slow).cookie]).toEqual([200, ''])
    expect((await get('/', cookie)).json()).toEqual({})
  })

  it.each(['bob', null])('the same holds if the slow request changes the user to %s', async (user) => {
    const { get, letGo } = await withSlowPage({ store: newStore() }, (request) => {
      Object.assign(sessionOf(request), { userId: user, secret: 'of ada' })
    })
    const { cookie } = await get('/in/ada')
    const slow = get('/slow', cookie)
    await get('/out', cookie)
    letGo()
    expect([(await slow).status, (await slow).cookie]).toEqual([200, ''])
    expect((await get('/', cookie)).json()).toEqual({})
  })

  it('the same holds if the slow request removes the user from an object', async () => {
    const { get, letGo } = await withSlowPage({ store: newStore() }, (request) => {
      delete sessionOf(request).passport.user
    })
    const { cookie } = await get('/in-passport/ada')
    const slow = get('/slow', cookie)
    await get('/out', cookie)
    letGo()
    expect([(await slow).status, (await slow).cookie]).toEqual([200, ''])
  })

  it('the same holds if the slow request keeps the user over regenerate', async () => {
    const { get, letGo } = await withSlowPage({ store: newStore() }, async (request) => {
      await sessionOf(request).regenerate(['userId'])
    })
    const { cookie } = await get('/in/ada')
    const slow = get('/slow', cookie)
    await get('/out', cookie)
    letGo()
    expect((await get('/', (await slow).cookie)).json()).toEqual({})
    const { cookie: bob } = await get('/in/bob')
    const { cookie: again } = await get('/slow', bob)
    expect([again === bob, (await get('/', again)).json()]).toEqual([false, { userId: 'bob' }])
  })

  it('the same holds if userOf does not find the user', async () => {
    const { get, letGo } = await withSlowPage({ store: newStore() }, async (request) => {
      await sessionOf(request).regenerate(['account'])
    })
    const { cookie } = await get('/set/account/ada')
    const slow = get('/slow', cookie)
    await get('/out', cookie)
    letGo()
    expect((await get('/', (await slow).cookie)).json()).toEqual({})
    const { cookie: bob } = await get('/set/account/bob')
    expect((await get('/', (await get('/slow', bob)).cookie)).json()).toEqual({ account: 'bob' })
  })

  it('a sign-in may keep the user over regenerate', async () => {
    const get = await serve(fastifySession, options({ store: newStore() }), (app) => {
      addRoutes(app)
      app.get('/sign-in', async (request) => {
        sessionOf(request).userId = 'ada'
        await sessionOf(request).regenerate(['userId', 'cart'])
        return {}
      })
    })
    const { cookie: guest } = await get('/set/cart/tea')
    for (const [cookie, cart] of [
      [guest, { cart: 'tea' }],
      [undefined, {}],
    ] as const) {
      const { cookie: user } = await get('/sign-in', cookie)
      expect((await get('/', user)).json()).toEqual({ userId: 'ada', ...cart })
    }
  })

  it.each(['in', 'in-saved', 'in-regenerated'])(
    'a sign-in by /%s is not undone by a later request with the id from before',
    async (way) => {
      const get = await start()
      const { cookie: guest } = await get('/set/cart/tea')
      const { cookie: user } = await get(`/${way}/ada`, guest)
      for (const path of ['/', '/set/a/b']) expect((await get(path, guest)).cookie).toBe('')
      expect((await get('/', user)).json()).toMatchObject({ userId: 'ada' })
      expect((await get(`/${way}/ada`, guest)).cookie).not.toBe('')
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_000 })
      onTestFinished(() => void vi.useRealTimers())
      expect((await get('/', guest)).cookie).not.toBe('')
    },
  )

  it('a sign-in is not undone by a slow request with the id from before', async () => {
    const { get, letGo } = await withSlowPage({ store: newStore() }, () => {})
    const { cookie: guest } = await get('/set/cart/tea')
    await get('/in/ada', guest)
    const slow = get('/slow', guest)
    await get('/', guest)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_000 })
    onTestFinished(() => void vi.useRealTimers())
    letGo()
    expect((await slow).cookie).toBe('')
  })

  it('a sign-in that is taken back by the same request leaves the session of a guest', async () => {
    const get = await serve(fastifySession, options({ store: newStore() }), (app) => {
      addRoutes(app)
      app.get('/in-and-out', async (request) => {
        sessionOf(request).userId = 'ada'
        await sessionOf(request).save()
        delete sessionOf(request).userId
        return {}
      })
    })
    const { cookie: guest } = await get('/set/cart/tea')
    const { cookie } = await get('/in-and-out', guest)
    expect((await get('/', cookie)).json()).toEqual({ cart: 'tea' })
  })

  it('a sign-in that is sent twice succeeds twice, because the browser may ignore the first response', async () => {
    const { get, letGo } = await withSlowPage({ store: newStore() }, (request) => {
      sessionOf(request).userId = 'ada'
    })
    const { cookie: guest } = await get('/set/cart/tea')
    const second = get('/slow', guest)
    await get('/in/ada', guest)
    letGo()
    expect((await get('/', (await second).cookie)).json()).toEqual({ cart: 'tea', userId: 'ada' })
  })

  it('requests at once that change different values keep both', async () => {
    let arrived = 0
    let letGo = (): void => {}
    const gate = new Promise<void>((resolve) => (letGo = resolve))
    const get = await serve(fastifySession, options({ store: newStore() }), (app) => {
      addRoutes(app)
      app.get<{ Params: { key: string } }>('/both/:key', async (request) => {
        sessionOf(request).set(request.params.key, 1)
        if (++arrived === 2) letGo()
        await gate
        return {}
      })
    })
    const { cookie } = await get('/in/ada')
    await Promise.all([get('/both/a', cookie), get('/both/b', cookie)])
    expect((await get('/', cookie)).json()).toEqual({ userId: 'ada', a: 1, b: 1 })
  })

  it('reload of a session that has ended gives another one', async () => {
    const others = { end: async (): Promise<unknown> => null }
    const get = await serve(fastifySession, options({ store: newStore() }), (app) => {
      addRoutes(app)
      app.get('/reload', async (request) => {
        const id = sessionOf(request).sessionId
        await others.end()
        await sessionOf(request).reload()
        return { ...valuesOf(request), isSame: sessionOf(request).sessionId === id }
      })
    })
    const { cookie } = await get('/in/ada')
    others.end = async () => get('/out', cookie)
    const reloaded = await get('/reload', cookie)
    expect(reloaded.json()).toEqual({ isSame: false })
    expect((await get('/', cookie)).json()).toEqual({})
  })
})

it('takes the user from userOf', async () => {
  const get = await serve(
    fastifySession,
    options({ store: memoryStore(), userOf: ({ login }: any) => login }),
    addRoutes,
  )
  const { cookie: guest } = await get('/set/cart/tea')
  expect((await get('/in/ada', guest)).cookie).toBe(guest)
  expect((await get('/set/login/ada', guest)).cookie).not.toBe(guest)
})

it('a sign-in succeeds although the session of the guest cannot be ended', async () => {
  const { store } = lateStore()
  store.destroy = (_id, callback) => callback(new Error('no connection'))
  const get = await serve(fastifySession, options({ store }), addRoutes)
  const { cookie: guest } = await get('/set/cart/tea')
  const signIn = await get('/in/ada', guest)
  expect(signIn.status).toBe(200)
  expect((await get('/', signIn.cookie)).json()).toEqual({ cart: 'tea', userId: 'ada' })
})

it('a sign-in of another user fails if the former session cannot be ended', async () => {
  const { store } = lateStore()
  const get = await serve(fastifySession, options({ store }), addRoutes)
  const { cookie } = await get('/in/ada')
  store.destroy = (_id, callback) => callback(new Error('no connection'))
  const failed = await get('/in/bob', cookie)
  expect([failed.status, failed.cookie]).toEqual([500, ''])
})

it('regenerate with the user fails if the former session cannot be ended', async () => {
  const { store } = lateStore()
  const get = await serve(fastifySession, options({ store }), (app) => {
    addRoutes(app)
    app.get('/renew', async (request) => {
      await sessionOf(request).regenerate(['userId'])
      return {}
    })
  })
  const { cookie } = await get('/in/ada')
  store.destroy = (_id, callback) => callback(new Error('no connection'))
  const failed = await get('/renew', cookie)
  expect([failed.status, failed.cookie]).toEqual([500, ''])
})
