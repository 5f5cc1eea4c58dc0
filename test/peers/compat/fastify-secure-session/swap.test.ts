import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { spawnSync } from 'node:child_process'
import { fastifySecureSession as realSession } from '@fastify/secure-session'
import { fastify } from 'fastify'
import plugin, { fastifySecureSession, type SecureSessionPluginOptions } from 'sojourn/compat/fastify-secure-session'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { addCommonRoutes, key, otherKey, serve } from './serve.ts'

const peers = fileURLToPath(new URL('../..', import.meta.url))

/** Runs a test in the folder of the libraries, as an application that has them. */
function inPeersFolder(): void {
  const folder = process.cwd()
  process.chdir(peers)
  onTestFinished(() => process.chdir(folder))
}

describe.each([
  ['a key', { key }],
  ['a secret', { secret: 'a secret of at least thirty-two bytes' }],
  ['a secret and a salt', { secret: 'a secret of at least thirty-two bytes', salt: 'sixteen bytes ok' }],
  ['a signed cookie', { key, cookie: { signed: true } }],
])('with %s', (name, given) => {
  it('100 visitors of @fastify/secure-session stay signed in when the server is swapped', async () => {
    inPeersFolder()
    const before = await serve(realSession, given)
    const names = Array.from({ length: 100 }, (_, index) => `user${index}`)
    const cookies = await Promise.all(names.map(async (each) => (await before(`/set/userId/${each}`)).cookie))

    const after = await serve(fastifySecureSession, given)
    const seen = await Promise.all(cookies.map(async (cookie) => after('/', cookie)))
    expect(seen.map((visit) => visit.json().userId)).toEqual(names)
    // Each got a cookie of ours, which is good.
    const again = await Promise.all(seen.map(async ({ cookie }) => after('/', cookie)))
    expect(again.map((visit) => visit.json().userId)).toEqual(names)
    expect(again.flatMap(({ setCookies }) => setCookies)).toEqual([])

    await after('/out', cookies[0])
    for (const cookie of [cookies[0], seen[0]!.cookie])
      expect([name, (await after('/', cookie)).json()]).toEqual([name, {}])
    expect((await after('/', cookies[1])).json()).toEqual({ userId: 'user1' })
  })
})

it("servers of both libraries take turns on one cookie with wire: 'peer'", async () => {
  const [theirs, ours, sealed] = await Promise.all([
    serve(realSession, { key }),
    serve(fastifySecureSession, { key: [key, otherKey], wire: 'peer' }),
    serve(fastifySecureSession, { key }),
  ])
  let { cookie } = await theirs!('/set/cart/ü')
  expect((await ours!('/', cookie)).setCookies).toEqual([])
  for (const [get, name] of [
    [ours!, 'a'],
    [theirs!, 'b'],
    [sealed!, 'c'],
    [ours!, 'd'],
  ] as const)
    ({ cookie } = await get(`/set/${name}/x`, cookie))
  expect((await theirs!('/', cookie)).json()).toEqual({ cart: 'ü', a: 'x', b: 'x', c: 'x', d: 'x' })
  // A cookie that we sealed is replaced at once, as on the way back.
  const { cookie: ofSealed } = await sealed!('/set/e/x')
  expect((await theirs!('/', (await ours!('/', ofSealed)).cookie)).json()).toEqual({ e: 'x' })
  await ours!('/out', cookie)
  expect((await ours!('/', cookie)).json()).toEqual({})
})

it('refuses other values of wire and expiry', async () => {
  await expect(serve(fastifySecureSession, { key, wire: 'box' })).rejects.toThrow("wire must be 'sealed' or 'peer'.")
  // Such sessions would never end.
  for (const expiry of ['1d', NaN, -1, 86_400_000_000])
    await expect(serve(fastifySecureSession, { key, expiry })).rejects.toThrow('expiry must be a number of seconds')
})

it('a cookie of another key, or one that has expired, is refused and left alone', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const [before, other, after] = await Promise.all([
    serve(realSession, { key, expiry: 60 }),
    serve(realSession, { key: otherKey }),
    serve(fastifySecureSession, { key, expiry: 60 }),
  ])
  const { cookie } = await before!('/set/a/b')
  const { cookie: foreign } = await other!('/set/a/b')
  expect((await after!('/', cookie)).json()).toEqual({ a: 'b' })
  vi.advanceTimersByTime(61_000)
  for (const refused of [cookie, foreign, cookie.replace('%3B', '')])
    expect([(await after!('/', refused)).json(), (await after!('/', refused)).setCookies]).toEqual([{}, []])
})

it('registers @fastify/cookie if the application does not, and says so if it is missing', async () => {
  const start = async (given: unknown = fastifySecureSession) => {
    const app = fastify()
    onTestFinished(() => app.close())
    await app.register(given as typeof fastifySecureSession, { key, cookie: { signed: true } })
    addCommonRoutes(app)
    await app.ready()
    return app
  }
  const folder = process.cwd()
  process.chdir('/')
  onTestFinished(() => process.chdir(folder))
  await expect(start()).rejects.toThrow('@fastify/cookie is not installed. Install it: npm install @fastify/cookie')
  process.chdir(peers)
  const before = await start(realSession)
  const former = [(await before.inject('/set/c/d')).headers['set-cookie'] ?? ''].flat()[0]!.split(';')[0]!
  const app = await start()
  expect((await app.inject({ url: '/', headers: { cookie: former } })).json()).toEqual({ c: 'd' })
  const [line] = [(await app.inject('/set/a/b')).headers['set-cookie'] ?? ''].flat()
  const response = await app.inject({ url: '/', headers: { cookie: line!.split(';')[0]! } })
  expect(response.json()).toEqual({ a: 'b' })
  expect(app.hasPlugin('@fastify/secure-session')).toBe(true)
})

it('is callable by require, and is the same as by import', async () => {
  const required = createRequire(import.meta.url)('sojourn/compat/fastify-secure-session') as typeof plugin
  const given: SecureSessionPluginOptions = { key, cacheHeaders: false }
  expect((await (await serve(required, given))('/set/a/b')).cookie).not.toBe('')
  const script = `
    const required = require('sojourn/compat/fastify-secure-session')
    import('sojourn/compat/fastify-secure-session').then(({ default: imported, fastifySecureSession }) => {
      console.log(required === imported, imported === fastifySecureSession, required.fastifySecureSession === imported)
    })`
  const { stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', '-e', script], { encoding: 'utf8' })
  expect(stdout + stderr).toBe('true true true\n')
  expect(plugin).toBe(fastifySecureSession)
})
