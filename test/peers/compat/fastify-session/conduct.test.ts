import { fastifySession as realSession } from '@fastify/session'
import { fastifySession } from 'sojourn/compat/fastify-session'
import { memoryStore } from 'sojourn/memory'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { lateStore, options, serve, sessionOf } from './serve.ts'

// The original passes the same tests, so they show what the drop-in must do.
describe.each([
  ['@fastify/session', realSession, () => ({})],
  ['the drop-in', fastifySession, () => ({})],
  ["the drop-in on a store of @fastify/session's", fastifySession, () => ({ store: lateStore().store })],
  ['@fastify/session on such a store', realSession, () => ({ store: lateStore().store })],
  ["the drop-in on a store of Sojourn's", fastifySession, () => ({ store: memoryStore() })],
])('%s', (name, plugin, givenStore) => {
  const start = async (more: object = {}, addRoutes?: Parameters<typeof serve>[2]) =>
    serve(plugin, options({ ...givenStore(), ...more }), addRoutes)

  it('gives each visitor a session, and keeps its values', async () => {
    const get = await start()
    const first = await get('/set/cart/tea')
    expect(first.setCookies).toEqual([expect.stringMatching(/^sessionId=[\w-]{32}\.[^;]{43,}; Path=\/; HttpOnly$/)])
    const second = await get('/', first.cookie)
    expect([second.json(), second.cookie]).toEqual([{ cart: 'tea' }, first.cookie])
  })

  it('sets no cookie for a visitor without values if saveUninitialized is false, nor on a visit without a change if rolling is', async () => {
    const get = await start({ saveUninitialized: false, rolling: false })
    expect((await get('/')).setCookies).toEqual([])
    const { cookie } = await get('/set/cart/tea')
    expect((await get('/', cookie)).setCookies).toEqual([])
    expect((await get('/set/cart/milk', cookie)).cookie).toBe(cookie)
  })

  it('ends a session by destroy, and gives its visitor another one', async () => {
    const get = await start()
    const { cookie } = await get('/set/cart/tea')
    const out = await get('/out', cookie)
    expect([out.json(), out.setCookies]).toEqual([{ session: null }, []])
    const next = await get('/', cookie)
    expect(next.json()).toEqual({})
    expect(next.cookie).not.toBe(cookie)
  })

  it('gives a session another id by regenerate, and keeps the named values', async () => {
    const get = await start()
    const { cookie } = await get('/set/cart/tea')
    const { cookie: both } = await get('/set/secret/x', cookie)
    const next = await get('/again', both)
    expect([next.json(), next.cookie === both]).toEqual([{ cart: 'tea' }, false])
    expect((await get('/', both)).json()).toEqual({})
    expect((await get('/', next.cookie)).json()).toEqual({ cart: 'tea' })
  })

  it('takes a callback in the place of a promise', async () => {
    const get = await start({}, (app) => {
      app.get('/', (request, reply) => {
        const session = sessionOf(request)
        session.step = 1
        session.save((failure: unknown) => {
          session.reload((second: unknown) => {
            const loaded = sessionOf(request).step
            sessionOf(request).regenerate((third: unknown) => {
              const id = sessionOf(request).sessionId !== session.sessionId
              sessionOf(request).destroy((fourth: unknown) => {
                void reply.send({
                  errors: [failure, second, third, fourth].filter(Boolean),
                  loaded,
                  id,
                  end: sessionOf(request),
                })
              })
            })
          })
        })
      })
    })
    expect((await get('/')).json()).toEqual({ errors: [], loaded: 1, id: true, end: null })
  })

  it('says whether a session is modified and saved', async () => {
    const get = await start({}, (app) => {
      app.get('/', async (request) => {
        const session = sessionOf(request)
        const seen: boolean[] = [session.isModified(), session.isSaved()]
        session.set('cart', { items: ['tea'] })
        seen.push(session.isModified(), session.isSaved())
        await session.save()
        seen.push(session.isModified(), session.isSaved())
        session.get('cart').items.push('milk')
        return [...seen, session.isModified()]
      })
    })
    expect((await get('/')).json()).toEqual([false, false, true, false, false, true, true])
  })

  it('sends the attributes of the cookie, and moves its end with each use', async () => {
    const get = await start({
      cookie: { secure: false, maxAge: 60_000, path: '/', domain: 'a.test', httpOnly: false, sameSite: 'strict' },
    })
    const first = await get('/set/cart/tea')
    expect(first.setCookies[0]).toMatch(
      /; Domain=a\.test; Path=\/; Expires=\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT; SameSite=Strict$/,
    )
    const end = Date.parse(/Expires=([^;]+)/.exec((await get('/', first.cookie)).setCookies[0]!)![1]!)
    expect(Math.abs(end - Date.now() - 60_000)).toBeLessThan(5_000)
  })

  it('sends a Secure cookie only by https, and with secure: "auto" the attributes that fit', async () => {
    const strict = await start({ cookie: {} })
    expect((await strict('/set/cart/tea')).setCookies).toEqual([])
    expect((await strict('/set/cart/tea', '', { 'x-forwarded-proto': 'https' })).setCookies[0]).toContain('; Secure')
    const auto = await start({ cookie: { secure: 'auto', sameSite: 'none' } })
    expect((await auto('/set/cart/tea')).setCookies[0]).toMatch(/HttpOnly; SameSite=Lax$/)
    expect((await auto('/', '', { 'x-forwarded-proto': 'https' })).setCookies[0]).toMatch(/; Secure; SameSite=None$/)
  })

  it('changes the attributes of one session by options, which last', async () => {
    const get = await start({}, (app) => {
      app.get('/', () => ({}))
      app.get('/short', async (request) => {
        sessionOf(request).options({ maxAge: 10_000, path: '/short' })
        await sessionOf(request).regenerate(['cart'])
        return sessionOf(request).cookie
      })
    })
    const { setCookies, cookie } = await get('/short')
    expect(setCookies[0]).toMatch(/; Path=\/short; Expires=/)
    expect((await get('/', cookie)).setCookies[0]).toMatch(/; Path=\/short; Expires=/)
  })

  it('changes the life of a session that had another one', async () => {
    const get = await start({ cookie: { secure: false, maxAge: 60_000 } }, (app) => {
      app.get('/', () => ({}))
      app.get('/short', (request) => {
        sessionOf(request).options({ maxAge: 10_000 })
        return { maxAge: sessionOf(request).cookie.originalMaxAge }
      })
    })
    expect((await get('/short', (await get('/')).cookie)).json()).toEqual({ maxAge: 10_000 })
  })

  it('starts a session without the end of the one that it replaces, if that has passed', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const expires = new Date(Date.now() + 60_000)
    const get = await start({ cookie: { secure: false, expires } })
    const { cookie } = await get('/set/cart/tea')
    expect((await get('/', cookie)).json()).toEqual({ cart: 'tea' })
    vi.setSystemTime(expires.valueOf() + 10)
    const next = await get('/again', cookie)
    expect(next.json()).toEqual({})
  })

  it('opens no session of an expired record', async () => {
    const get = await start({ cookie: { secure: false, maxAge: 1 } })
    const { cookie } = await get('/set/cart/tea')
    await new Promise((resolve) => setTimeout(resolve, 5))
    const next = await get('/', cookie)
    expect(next.json()).toEqual({})
    expect(next.cookie).not.toBe(cookie)
  })

  it('opens cookies that an older secret signed, and signs them with the first', async () => {
    const [first, second] = ['the first secret, which has 33 characters', 'the second secret, with 34 characters']
    const store = (givenStore() as { store?: object }).store ?? lateStore().store
    const [before, during, after] = await Promise.all(
      [[first], [second, first], [second]].map(async (secret) => start({ secret, store })),
    )
    const { cookie } = await before!('/set/cart/tea')
    const next = await during!('/', cookie)
    expect([next.json(), next.cookie === cookie]).toEqual([{ cart: 'tea' }, false])
    expect((await after!('/', next.cookie)).json()).toEqual({ cart: 'tea' })
    expect((await after!('/', cookie)).json()).toEqual({})
  })

  it('takes a signer, a prefix, a name, an algorithm and a function for ids', async () => {
    let count = 0
    const idGenerator = (request: object) => `id-${typeof sessionOf(request)}-${count++}`
    const get = await start({ cookieName: 'sid', cookiePrefix: 's:', algorithm: 'sha512', idGenerator })
    const { cookie } = await get('/set/cart/tea')
    expect(decodeURIComponent(cookie)).toMatch(/^sid=s:id-object-0\.[\w+/]{86}$/)
    expect((await get('/', cookie)).json()).toEqual({ cart: 'tea' })
    expect((await get('/', cookie.replace(/=s(%3A|:)/, '='))).json()).toEqual({})
    const signer = {
      sign: (value: string) => `${value}!`,
      unsign: (value: string) => ({ valid: value.endsWith('!'), renew: false, value: value.slice(0, -1) }),
    }
    const bySigner = await start({ secret: signer })
    const visit = await bySigner('/set/cart/tea')
    expect([visit.cookie.endsWith('!'), (await bySigner('/', visit.cookie)).json()]).toEqual([true, { cart: 'tea' }])
    expect((await bySigner('/', visit.cookie.slice(0, -1))).json()).toEqual({})
  })

  it('opens sessions only below the path of the cookie', async () => {
    const get = await start({ cookie: { secure: false, path: '/shop' } }, (app) => {
      for (const path of ['/', '/shop', '/shop/a', '/shopping'])
        app.get(path, (request) => ({ hasSession: typeof sessionOf(request).sessionId === 'string' }))
    })
    const results = await Promise.all(
      ['/', '/shop', '/shop?a', '/shop/a', '/shopping'].map(async (path) => (await get(path)).json().hasSession),
    )
    expect(results).toEqual([false, true, true, true, false])
  })

  it('refuses options without a good secret', async () => {
    for (const [secret, message] of [
      ['short', 'the secret must have length 32 or greater'],
      [[], 'at least one secret is required'],
      [undefined, /^the secret option is required/],
      [{ sign: () => '' }, /^the secret option is required/],
    ] as const)
      await expect(serve(plugin, { ...options(), secret })).rejects.toThrow(message)
  })

  it('needs @fastify/cookie', async () => {
    const { fastify } = await import('fastify')
    const app = fastify()
    await expect(app.register(plugin as never, options()).then(() => app.ready())).rejects.toThrow(/@fastify\/cookie/)
    expect(name).toBeTruthy()
  })

  it('decrypts a session for a socket, with attributes of its own', async () => {
    let opened: any
    const get = await start({}, (app) => {
      app.get('/', (request) => {
        sessionOf(request).set('cart', 'tea')
        return { signed: sessionOf(request).encryptedSessionId }
      })
      app.get('/socket/*', async (request) => {
        opened = {}
        const signed = (request.params as Record<string, string>)['*']!
        await new Promise((resolve) => (app as any).decryptSession(signed, opened, { maxAge: 5_000 }, resolve))
        opened.session.touch()
        return { cart: opened.session.cart, maxAge: opened.session.cookie.originalMaxAge }
      })
    })
    const { signed } = (await get('/')).json()
    expect((await get(`/socket/${encodeURIComponent(signed)}`)).json()).toEqual({ cart: 'tea', maxAge: 5_000 })
    expect((await get(`/socket/${encodeURIComponent(`${signed}x`)}`)).json()).toEqual({ maxAge: 5_000 })
    expect(opened.session.cart).toBe(undefined)
  })
})
