import { fastifySecureSession } from 'sojourn/compat/fastify-secure-session'
import { expect, it, vi } from 'vitest'
import type { Token } from '../../../../src/core/token.ts'
import { readKeys } from '../../../../src/compat/secure-session/keys.ts'
import { createSessionCookie } from '../../../../src/compat/secure-session/session-cookie.ts'
import { createSession } from '../../../../src/compat/secure-session/session.ts'
import { addCommonRoutes, key, serve, sessionOf } from './serve.ts'

it('a copy of the cookie of a deleted session opens nothing', async () => {
  const get = await serve(fastifySecureSession, { key })
  const { cookie: first } = await get('/set/userId/ada')
  const { cookie } = await get('/set/cart/tea', first)
  await get('/out', cookie)
  for (const copy of [first, cookie]) expect((await get('/', copy)).json()).toEqual({})
})

it('a copy of the cookie from before regenerate opens nothing', async () => {
  const get = await serve(fastifySecureSession, { key })
  const { cookie } = await get('/set/cart/tea')
  const { cookie: next } = await get('/again', cookie)
  expect([(await get('/', cookie)).json(), (await get('/', next)).json()]).toEqual([{}, { cart: 'tea' }])
})

it('a slow response after the sign-out does not bring the session back', async () => {
  let letGo = (): void => {}
  const gate = new Promise<void>((resolve) => (letGo = resolve))
  const get = await serve(fastifySecureSession, { key }, (app) => {
    addCommonRoutes(app)
    app.get('/slow', async (request) => {
      sessionOf(request).set('cart', 'late')
      await gate
      return {}
    })
  })
  const { cookie } = await get('/set/userId/ada')
  const slow = get('/slow', cookie)
  await get('/out', cookie)
  letGo()
  expect((await slow).setCookies).toEqual([])
})

it.each([
  ['userId', ['userId']],
  ['userId and cart', ['userId', 'cart']],
])('the same holds for a slow response that keeps values over regenerate (%s)', async (_name, kept) => {
  let letGo = (): void => {}
  const gate = new Promise<void>((resolve) => (letGo = resolve))
  const get = await serve(fastifySecureSession, { key }, (app) => {
    addCommonRoutes(app)
    app.get('/slow', async (request) => {
      await gate
      sessionOf(request).regenerate(kept)
      return {}
    })
    app.get('/in', (request) => {
      sessionOf(request).regenerate()
      sessionOf(request).set('userId', 'bob')
      return {}
    })
  })
  const { cookie } = await get('/set/userId/ada')
  const slow = get('/slow', cookie)
  await get('/out', cookie)
  letGo()
  expect((await slow).setCookies).toEqual([])
  // A new sign-in keeps nothing of the session that has ended.
  const { cookie: bob } = await get('/in', cookie)
  const { cookie: next } = await get('/slow', bob)
  expect((await get('/', next)).json()).toEqual({ userId: 'bob' })
})

it('a sign-in may keep the cart of a guest, and succeeds twice if the form is sent twice', async () => {
  let letGo = (): void => {}
  const gate = new Promise<void>((resolve) => (letGo = resolve))
  const get = await serve(fastifySecureSession, { key }, (app) => {
    addCommonRoutes(app)
    app.get<{ Params: { when: string } }>('/in/:when', async (request) => {
      if (request.params.when === 'later') await gate
      sessionOf(request).regenerate(['cart'])
      sessionOf(request).set('userId', 'ada')
      return {}
    })
  })
  const { cookie } = await get('/set/cart/tea')
  const later = get('/in/later', cookie)
  expect((await get('/', (await get('/in/now', cookie)).cookie)).json()).toEqual({ cart: 'tea', userId: 'ada' })
  letGo()
  expect((await get('/', (await later).cookie)).json()).toEqual({ userId: 'ada' })
})

it('a value that is set again after regenerate is new', async () => {
  let letGo = (): void => {}
  const gate = new Promise<void>((resolve) => (letGo = resolve))
  const get = await serve(fastifySecureSession, { key }, (app) => {
    addCommonRoutes(app)
    app.get('/in', async (request) => {
      await gate
      sessionOf(request).regenerate(['userId', 'cart'])
      sessionOf(request).set('userId', 'bob')
      return {}
    })
  })
  const { cookie } = await get('/set/userId/ada', (await get('/set/cart/tea')).cookie)
  const signIn = get('/in', cookie)
  await get('/out', cookie)
  letGo()
  expect((await get('/', (await signIn).cookie)).json()).toEqual({ userId: 'bob' })
})

it('guests who end many sessions do not make the process forget the end of a user’s', () => {
  const cookie = createSessionCookie('session', 3600, readKeys({ key }), 'sealed')
  const begin = (values: object): { token: Token; value: string } => {
    const token = cookie.tokenOf(createSession(values))
    return { token, value: cookie.seal(token) }
  }
  const users = [{ userId: 'ada' }, { passport: { user: 7 } }].map(begin)
  const guest = begin({ cart: 'tea' })
  for (const { token } of [...users, guest]) cookie.end(token)
  for (let count = 0; count < 250_000; count++)
    cookie.end({ ...guest.token, identity: { id: String(count), secret: String(count) } })
  for (const { value } of users) expect(cookie.open(value)).toBe('the session has ended, creating an empty session')
  expect(cookie.open(guest.value)).toBeTypeOf('object')
})

it('a response with the cookie is stored by no cache, unless cacheHeaders is false', async () => {
  const [on, off] = [
    await serve(fastifySecureSession, { key }),
    await serve(fastifySecureSession, { key, cacheHeaders: false }),
  ]
  expect((await on('/set/a/b')).headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Cookie' })
  expect((await on('/')).headers).not.toHaveProperty('cache-control')
  expect((await off('/set/a/b')).headers).not.toHaveProperty('cache-control')
})

it('the cookie shows nothing of the values, and opens under no other name', async () => {
  const get = await serve(fastifySecureSession, { key })
  const other = await serve(fastifySecureSession, { key, cookieName: 'other' })
  const { cookie } = await get('/set/cart/tea')
  expect(cookie).toMatch(/^session=[\w-]+$/)
  expect((await other('/', cookie.replace('session', 'other'))).json()).toEqual({})
})

it('warns once of a cookie that browsers drop', async () => {
  const shown = Reflect.get(globalThis, Symbol.for('sojourn.shownWarnings')) as Set<string> | undefined
  shown?.clear()
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const get = await serve(fastifySecureSession, { key }, (app) => {
    app.get('/', (request) => {
      sessionOf(request).set('big', 'x'.repeat(5000))
      return {}
    })
  })
  await get('/')
  expect(warn.mock.calls.flat()).toEqual([
    expect.stringMatching(/^sojourn: the session in the cookie session has more/),
  ])
  warn.mockRestore()
})
