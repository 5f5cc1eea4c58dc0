import peer from 'koa-session'
import session from '../../../../src/compat/koa-session.ts'
import { memoryStore } from '../../../../src/stores/memory.ts'
import { expect, it, onTestFinished, vi } from 'vitest'
import { json, keys, mapStore, people, start, visitor, type Visitor } from './serve.ts'

const ids = Array.from({ length: 100 }, (_, index) => `user ${index}`)

async function signedInThere(store?: ReturnType<typeof mapStore>) {
  const there = await start((app) => peer({ ...(store && { store }) }, app), people, keys.slice(1))
  const server = { origin: there }
  const visitors = ids.map(() => visitor(server))
  for (const [index, visit] of visitors.entries()) await visit(`/in/${encodeURIComponent(ids[index]!)}`)
  return { server, visitors, names: ids.map((id) => encodeURIComponent(id)) }
}

async function expectAll(visitors: readonly Visitor[], names: readonly string[]): Promise<void> {
  const found: unknown[] = []
  for (const visit of visitors) found.push(await json(visit('/who')))
  expect(found).toEqual(names)
}

it('keeps 100 visitors signed in when the server is swapped, in cookies', async () => {
  const { server, visitors, names } = await signedInThere()
  server.origin = await start((app) => session(app))
  const before = visitors[7]!.header()
  await visitors[0]!('/plain')
  expect([...visitors[0]!.jar.keys()]).toEqual(['koa.sess'])
  await expectAll(visitors, names)
  for (const visit of visitors) {
    expect([...visit.jar.keys()]).toEqual(['koa.sess'])
    expect((await visit('/who')).headers.getSetCookie()).toEqual([])
  }
  const copy = visitor(server, new Map(visitors[7]!.jar))
  await visitors[7]!('/out')
  expect(visitors[7]!.header()).toBe('')
  expect(await json(copy('/who'))).toBe(null)
  expect(before).toContain('koa.sess.sig')
})

it('keeps 100 visitors signed in with the store that they have', async () => {
  const store = mapStore()
  const { server, visitors, names } = await signedInThere(store)
  const cookies = visitors.map((visit) => visit.jar.get('koa.sess'))
  server.origin = await start((app) => session({ store }, app))
  await expectAll(visitors, names)
  expect(visitors.map((visit) => visit.jar.get('koa.sess'))).toEqual(cookies)
  const copy = visitor(server, new Map(visitors[7]!.jar))
  await visitors[7]!('/out')
  expect(await json(copy('/who'))).toBe(null)
})

it('takes over 100 visitors from the former store, and keeps out the one who signs out', async () => {
  const former = mapStore()
  const { server, visitors, names } = await signedInThere(former)
  // The former store fails to remove.
  const from = { ...former, destroy: async () => {} }
  const store = memoryStore()
  server.origin = await start((app) => session({ store, from }, app))
  await expectAll(visitors, names)
  const copy = visitor(server, new Map(visitors[7]!.jar))
  await visitors[7]!('/out')
  expect(await json(copy('/who'))).toBe(null)
  const guest = visitor(server)
  await guest('/put/cart/tea')
  expect(await json(guest('/all'))).toEqual({ cart: 'tea' })
})

it('takes over no session that has expired', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const former = mapStore()
  const server = { origin: await start((app) => peer({ store: former, maxAge: 60_000 }, app)) }
  const visit = visitor(server)
  await visit('/in/ada')
  server.origin = await start((app) => session({ store: memoryStore(), from: former }, app))
  vi.setSystemTime(Date.now() + 61_000)
  expect(await json(visit('/who'))).toBe(null)
})

it('signs no one out on the way with servers of both kinds, and back', async () => {
  const real = await start((app) => peer({}, app))
  const asPeer = await start((app) => session({ wire: 'peer' }, app))
  const sealed = await start((app) => session({}, app))
  const server = { origin: real }
  const visit = visitor(server)
  await visit('/in/ada')
  for (const origin of [asPeer, real, asPeer, sealed, asPeer, sealed, asPeer, real]) {
    server.origin = origin
    expect(await json(visit('/who')), origin).toBe('ada')
  }
})

it('refuses a forged cookie, and changes none', async () => {
  const server = { origin: await start((app) => session(app)) }
  const forged = Buffer.from(JSON.stringify({ userId: 'admin', _session: true })).toString('base64')
  const foreign = await start((app) => peer({}, app), people, ['another key'])
  const stranger = visitor({ origin: foreign })
  await stranger('/in/admin')
  for (const cookie of [`koa.sess=${forged}`, `koa.sess=${forged}; koa.sess.sig=abc`, stranger.header()]) {
    const response = await fetch(`${server.origin}/who`, { headers: { cookie } })
    expect([await response.json(), response.headers.getSetCookie()]).toEqual([null, []])
  }
})
