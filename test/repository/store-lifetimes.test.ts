import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../src/stores/memory.ts'
import { day, hour, minute } from '../support/clock.ts'
import { request, secret, signedIn, visit, world } from '../support/sessions.ts'
import { storeWorld, testStore, tokenIn } from '../support/stores.ts'

const user = '__Host-Http-session'

describe('use of a session, with a store', () => {
  it('is written down at most once every touchAfter, in the record and in the cookie', async () => {
    const visited = storeWorld({ touchAfter: 600 })
    const visitor = await signedIn(visited)
    const began = visited.clock.now()
    const cookies: number[] = []
    for (let minutes = 1; minutes <= 30; minutes++) {
      visited.clock.advance(minute)
      if ((await visit(visited.sessions, visitor)).getSetCookie().length > 0) cookies.push(minutes)
    }

    expect(cookies).toEqual([10, 20, 30])
    expect(visited.store.calls.filter((verb) => verb === 'update')).toHaveLength(3)
    const [record] = await visited.store.records()
    expect(record).toMatchObject({ lastSeenAt: began + 1800_000, expiresAt: began + 1800_000 + 7 * day * 1000 })
    expect(record!.version).toBe(1)
    expect(tokenIn(user, visitor.get(user), visited.clock.now())).toMatchObject({
      lastSeenAt: began + 1800_000,
      data: null,
    })
  })

  it('never expires in a browser whose every request writes', async () => {
    const visited = storeWorld({ absoluteTimeout: 90 * day })
    const visitor = await signedIn(visited)
    for (let halfHours = 0; halfHours < 20 * 48; halfHours++) {
      visited.clock.advance(hour / 2)
      await visit(visited.sessions, visitor, (session) => session.update('n', (n = 0) => n + 1))
    }

    expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ userId: 'ada', data: { n: 960 } })
  })

  it('sends no cookie for a write that is no touch, and moves the record', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited)
    visited.clock.advance(59 * minute)
    const headers = await visit(visited.sessions, visitor, (session) => (session.data['cart'] = ['tea']))

    expect(headers.getSetCookie()).toEqual([])
    expect(headers.get('Cache-Control')).toBe('no-store')
    expect((await visited.store.records())[0]).toMatchObject({ version: 2, data: { cart: '["tea"]' } })
  })

  it('by a second cookie keeps the first alive, since the record judges', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited, 'ada', { forgetful: false })
    const old = visitor.cookie
    for (let days = 0; days < 7; days++) {
      visited.clock.advance(day)
      await visit(visited.sessions, visitor)
    }

    expect(visitor.cookie).not.toBe(old)
    expect((await visited.sessions.open(old)).userId).toBe('ada')
    // It was used, so it is written again as well.
    expect((await request(visited.sessions, old)).getSetCookie()).toHaveLength(1)
  })

  it('gives a store whole milliseconds, also if timeouts are fractions', async () => {
    const inner = memoryStore()
    const calls: unknown[][] = []
    const recording =
      <A extends unknown[], R>(verb: (...asked: A) => R) =>
      (...asked: A): R => {
        calls.push(asked)
        return verb(...asked)
      }
    const store = { ...inner, sweep: recording(inner.sweep!), create: recording(inner.create), update: recording(inner.update), end: recording(inner.end), endAll: recording(inner.endAll) } // prettier-ignore
    const visited = storeWorld({ idleTimeout: day / 7, absoluteTimeout: day / 1.1 }, testStore(store))
    for (const act of ['signOut', 'renew'] as const) {
      const visitor = await signedIn(visited)
      visited.clock.advance(0.0004)
      await visit(visited.sessions, visitor, (session) => session[act]())
    }
    await visited.sessions.revokeAll('ada')
    // A sweep is nobody's to wait for.
    await new Promise((resolve) => setTimeout(resolve, 20))
    // Not the time since a request was opened, which is no instant.
    const numbers = JSON.stringify(calls).match(/(?<![\d.])\d{13}[\d.]*/g)!
    expect(numbers.length).toBeGreaterThan(10)
    expect(numbers.filter((number) => number.includes('.'))).toEqual([])
    expect(calls.some(([before]) => typeof before === 'number')).toBe(true)
  })

  it('idles out at the idle timeout, and not before', async () => {
    const visited = storeWorld({ idleTimeout: 100, touchAfter: 10 })
    const visitor = await signedIn(visited, 'ada', { forgetful: false })
    visited.clock.advance(99.999)
    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('active')
    visited.clock.advance(0.001)
    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('idle')
  })

  it('does not outlast the absolute timeout', async () => {
    const visited = storeWorld({ absoluteTimeout: 10 * day })
    const visitor = await signedIn(visited, 'ada', { forgetful: false })
    for (let days = 1; days < 10; days++) {
      visited.clock.advance(day)
      await visit(visited.sessions, visitor)
    }
    expect((await visited.store.records())[0]!.expiresAt).toBe(visited.clock.now() + day * 1000)
    visited.clock.advance(day)

    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('expired')
  })

  it('does not count in the background', async () => {
    const visited = storeWorld({ idleTimeout: 100, touchAfter: 0 })
    const visitor = await signedIn(visited, 'ada', { forgetful: false })
    visited.clock.advance(99)
    const options = { background: true }
    expect((await visit(visited.sessions, visitor, undefined, options)).getSetCookie()).toEqual([])
    await visit(visited.sessions, visitor, (session) => (session.data['seen'] = 1), options)
    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ seen: 1 })
    visited.clock.advance(1)

    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('idle')
  })

  it('counts on a failed response', async () => {
    const visited = storeWorld({ idleTimeout: 100, touchAfter: 10 })
    const visitor = await signedIn(visited)
    visited.clock.advance(99)
    await visit(visited.sessions, visitor, (session) => (session.data['cart'] = []), { failed: true })
    visited.clock.advance(99)

    expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ outcome: 'active', data: {} })
  })
})

describe('an older key, with a store', () => {
  it.each([false, true])('is replaced in the cookie on the next request (background: %s)', async (background) => {
    const visited = storeWorld()
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
    const secrets = [secret('second'), secret('first')]
    const rotated = storeWorld({ secrets }, visited.store, visited.clock)
    const headers = await visit(rotated.sessions, visitor, undefined, { background })
    expect(headers.getSetCookie()).toHaveLength(1)

    const without = storeWorld({ secrets: [secret('second')] }, visited.store, visited.clock)
    expect(await without.sessions.open(visitor.cookie)).toMatchObject({ userId: 'ada', data: { cart: ['tea'] } })
    expect((await visit(without.sessions, visitor)).getSetCookie()).toEqual([])
  })
})

it('a server without the store reports a stored session as unavailable, and changes no cookie', async () => {
  const visited = storeWorld()
  const visitor = await signedIn(visited)
  const { sessions } = world({}, visited.clock)
  const session = await sessions.open(visitor.cookie)

  expect(session.outcome).toBe('unavailable')
  expect(() => session.userId).toThrow(expect.objectContaining({ code: 'ERR_SESSION_UNAVAILABLE' }))
  expect((await sessions.commit(session)).getSetCookie()).toEqual([])
})
