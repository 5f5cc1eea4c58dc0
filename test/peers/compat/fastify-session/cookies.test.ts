import { fastifySession } from 'sojourn/compat/fastify-session'
import { memoryStore } from 'sojourn/memory'
import { expect, it, vi } from 'vitest'
import { lateStore, options, serve } from './serve.ts'

it('a cookie that opens no session is left alone', async () => {
  const store = memoryStore()
  const get = await serve(fastifySession, options({ store, saveUninitialized: false }))
  const { cookie } = await get('/set/a/b')
  const server = await serve(fastifySession, {
    ...options({ store, saveUninitialized: false }),
    secret: 'another secret, which a server got too early',
  })
  expect((await server('/', cookie)).setCookies).toEqual([])
  expect((await get('/', cookie)).json()).toEqual({ a: 'b' })
})

it("a cookie that opens no session is deleted with clearCookie: 'peer'", async () => {
  const { store } = lateStore()
  const given = options({
    store,
    saveUninitialized: false,
    clearCookie: 'peer',
    cookie: { secure: false, domain: 'a.test', path: '/' },
  })
  const get = await serve(fastifySession, given)
  const { setCookies } = await get('/', 'sessionId=nothing.good')
  expect(setCookies).toEqual([
    expect.stringMatching(/^sessionId=; Max-Age=0; Domain=a\.test; Path=\/; Expires=Thu, 01 Jan 1970/),
  ])
  expect((await get('/')).setCookies).toEqual([])
})

it('refuses other values of clearCookie', async () => {
  await expect(serve(fastifySession, { ...options(), clearCookie: true })).rejects.toThrow(
    "clearCookie must be 'never' or 'peer'.",
  )
})

it('refuses a former store that is none', async () => {
  const from = memoryStore()
  await expect(serve(fastifySession, { ...options(), store: memoryStore(), from })).rejects.toThrow(
    'from must be the store that the former library had',
  )
})

it('a cookie of the same name in front of ours does not hide it', async () => {
  const get = await serve(fastifySession, options({ store: memoryStore() }))
  const { cookie } = await get('/set/a/b')
  expect((await get('/', `sessionId=planted.x; ${cookie}`)).json()).toEqual({ a: 'b' })
})

it('a response with the cookie is stored by no cache, unless cacheHeaders is false', async () => {
  const addRoutes = (app: any): void =>
    app.get('/', (_: unknown, reply: any) => reply.header('vary', 'Accept').send({}))
  const [on, off] = await Promise.all([
    serve(fastifySession, options(), addRoutes),
    serve(fastifySession, options({ cacheHeaders: false }), addRoutes),
  ])
  expect((await on!('/')).headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Accept, Cookie' })
  expect((await off!('/')).headers).toMatchObject({ vary: 'Accept' })
  expect((await off!('/')).headers).not.toHaveProperty('cache-control')
})

it('warns once if a Secure cookie cannot be sent', async () => {
  const shown = Reflect.get(globalThis, Symbol.for('sojourn.shownWarnings')) as Set<string> | undefined
  shown?.clear()
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const get = await serve(fastifySession, options({ cookie: {} }))
  await get('/set/a/b')
  await get('/set/a/b')
  expect(warn.mock.calls.flat()).toEqual([expect.stringMatching(/^sojourn: no session was saved .* trustProxy/)])
  warn.mockRestore()
})

it('replaces a cookie that an older secret signed, also if rolling is false', async () => {
  const { store } = lateStore()
  const secrets = ['the first secret, which has 33 characters', 'the second secret, with 34 characters']
  const given = { ...options({ store, rolling: false, saveUninitialized: false }), secret: [secrets[0]] }
  const { cookie } = await (await serve(fastifySession, given))('/set/a/b')
  const get = await serve(fastifySession, { ...given, secret: secrets.toReversed() })
  const { cookie: next } = await get('/', cookie)
  expect([next.split('.')[0], next === cookie]).toEqual([cookie.split('.')[0], false])
  expect((await get('/', next)).setCookies).toEqual([])
})

it('takes secrets that the application adds to its list later', async () => {
  const secrets = ['the first secret, which has 33 characters']
  const get = await serve(fastifySession, { ...options(), secret: secrets })
  const { cookie } = await get('/set/a/b')
  secrets.unshift('the second secret, with 34 characters')
  const { cookie: next } = await get('/', cookie)
  secrets.pop()
  expect([next === cookie, (await get('/', next)).json()]).toEqual([false, { a: 'b' }])
})
