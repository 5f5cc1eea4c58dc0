import { fastifySecureSession as realSession } from '@fastify/secure-session'
import { fastifySecureSession } from 'sojourn/compat/fastify-secure-session'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { key, otherKey, serve, sessionOf } from './serve.ts'

afterEach(() => void vi.useRealTimers())

const secret = 'a secret of at least thirty-two bytes'

// The original passes the same tests, so they show what the drop-in must do.
describe.each([
  ['@fastify/secure-session', realSession],
  ['the drop-in', fastifySecureSession],
])('%s', (_name, plugin) => {
  it('keeps the values of a session in its cookie, and sets none without a change', async () => {
    const get = await serve(plugin, { key })
    expect((await get('/')).setCookies).toEqual([])
    const first = await get('/set/cart/tea')
    expect(first.setCookies).toEqual([expect.stringMatching(/^session=[^;]+; HttpOnly; SameSite=Lax$/)])
    const second = await get('/', first.cookie)
    expect([second.json(), second.setCookies]).toEqual([{ cart: 'tea' }, []])
  })

  it('takes values as properties, and methods as they are', async () => {
    const get = await serve(plugin, { key }, (app) => {
      app.get('/in', (request) => {
        const session = sessionOf(request)
        session.user = { name: 'ada' }
        const { set } = session
        set('list', [1, null, 'x'])
        return { changed: session.changed, deleted: session.deleted, unknown: session.unknown ?? null }
      })
      app.get('/', (request) => ({ user: sessionOf(request).user, list: sessionOf(request).get('list') }))
    })
    const first = await get('/in')
    expect(first.json()).toEqual({ changed: true, deleted: false, unknown: null })
    expect((await get('/', first.cookie)).json()).toEqual({ user: { name: 'ada' }, list: [1, null, 'x'] })
  })

  it('deletes the cookie of a session that was deleted', async () => {
    const get = await serve(plugin, { key, cookie: { path: '/', domain: 'a.test' } })
    const { cookie } = await get('/set/cart/tea')
    expect((await get('/out', cookie)).setCookies).toEqual([
      expect.stringMatching(
        /^session=; Max-Age=0; Domain=a\.test; Path=\/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax$/,
      ),
    ])
  })

  it('keeps the named values by regenerate', async () => {
    const get = await serve(plugin, { key })
    const { cookie } = await get('/set/cart/tea', (await get('/set/a/b')).cookie)
    const again = await get('/again', cookie)
    expect([again.json(), (await get('/', again.cookie)).json()]).toEqual([{ cart: 'tea' }, { cart: 'tea' }])
  })

  it('ends a session that was not changed for the expiry, and lets touch lengthen it', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const get = await serve(plugin, { key, expiry: 60 })
    const { cookie } = await get('/set/cart/tea')
    vi.advanceTimersByTime(59_000)
    const { cookie: touched } = await get('/touch', cookie)
    expect((await get('/', cookie)).json()).toEqual({ cart: 'tea' })
    vi.advanceTimersByTime(2_000)
    expect((await get('/', cookie)).json()).toEqual({})
    expect((await get('/', touched)).json()).toEqual({ cart: 'tea' })
  })

  it('takes the attributes of the options, and those of one response', async () => {
    const get = await serve(plugin, { key, cookieName: 'sid', cookie: { path: '/', httpOnly: false } }, (app) => {
      app.get('/', (request) => {
        sessionOf(request).set('a', 1)
        sessionOf(request).options({ maxAge: 60, path: '/shop' })
        return {}
      })
    })
    expect((await get('/')).setCookies).toEqual([
      expect.stringMatching(/^sid=[^;]+; Max-Age=60; Path=\/shop; SameSite=Lax$/),
    ])
  })

  it('opens cookies of an older key, and seals them with the first at once', async () => {
    const [before, during, after] = await Promise.all(
      [otherKey.toString('base64'), [key, otherKey.toString('base64')], [key]].map(async (each) =>
        serve(plugin, { key: each }),
      ),
    )
    const { cookie } = await before!('/set/cart/tea')
    const next = await during!('/', cookie)
    expect([next.json(), next.setCookies.length]).toEqual([{ cart: 'tea' }, 1])
    expect((await after!('/', next.cookie)).json()).toEqual({ cart: 'tea' })
    expect((await after!('/', cookie)).json()).toEqual({})
  })

  it('gives a request several sessions', async () => {
    const given = [
      { sessionName: 'long', key, cookieName: 'l' },
      { sessionName: 'short', key: otherKey, expiry: 1 },
    ]
    const get = await serve(plugin, given, (app) => {
      app.get('/in', (request: any) => {
        request.long.set('a', 1)
        request.short.set('b', 2)
        return {}
      })
      app.get('/', (request: any) => ({ long: request.long.data(), short: request.short.data() }))
    })
    const { cookie } = await get('/in')
    expect(cookie).toMatch(/^l=.*; short=/)
    expect((await get('/', cookie)).json()).toEqual({ long: { a: 1 }, short: { b: 2 } })
    expect((await get('/', cookie.replace(/; short=.*/, ''))).json()).toEqual({ long: { a: 1 }, short: {} })
  })

  it('decorates the instance with functions for sockets', async () => {
    const { app }: any = await serve(plugin, { key })
    const session = app.createSecureSession({ cart: 'tea' })
    const value = app.encodeSecureSession(session)
    expect(app.decodeSecureSession(value).get('cart')).toBe('tea')
    expect(app.decodeSecureSession(value, app.log, 'session').data()).toEqual({ cart: 'tea' })
    expect(app.decodeSecureSession('nothing')).toBe(null)
    expect(app.decodeSecureSession(undefined)).toBe(null)
    expect(() => app.decodeSecureSession(value, app.log, 'other')).toThrow('Unknown session key.')
    expect(() => app.encodeSecureSession(session, 'other')).toThrow('Unknown session key.')
  })

  it('opens no cookie that was changed, and changes it not', async () => {
    const get = await serve(plugin, { key })
    const { cookie } = await get('/set/cart/tea')
    for (const forged of [
      cookie.replace('=', '=A'),
      `${cookie.slice(0, 40)}${cookie[40] === 'x' ? 'y' : 'x'}${cookie.slice(41)}`,
      'session=',
      'session=a;b',
      'session=%00',
    ])
      expect([(await get('/', forged)).json(), (await get('/', forged)).setCookies]).toEqual([{}, []])
  })

  it('signs the cookie too, if asked to', async () => {
    const get = await serve(plugin, { key, cookie: { signed: true } })
    const { cookie } = await get('/set/cart/tea')
    expect((await get('/', cookie)).json()).toEqual({ cart: 'tea' })
  })

  it('takes a secret with a salt', async () => {
    const get = await serve(plugin, { secret, salt: 'sixteen bytes ok' })
    expect((await get('/', (await get('/set/cart/tea')).cookie)).json()).toEqual({ cart: 'tea' })
  })

  it('refuses keys that are none', async () => {
    for (const [given, message] of [
      [{}, 'key or secret must specified'],
      [{ key: 7 }, 'key must be a string or a Buffer'],
      [{ key: Buffer.alloc(31) }, 'key must be 32 bytes'],
      [{ key: [Buffer.alloc(31)] }, 'key lengths must be 32 bytes'],
      [{ key: [7] }, 'Key must be string or buffer'],
      [{ secret: 'short' }, 'secret must be at least 32 bytes'],
      [{ secret, salt: 'short' }, 'salt must be length 16'],
    ] as const)
      await expect(serve(plugin, given)).rejects.toThrow(message)
  })
})
