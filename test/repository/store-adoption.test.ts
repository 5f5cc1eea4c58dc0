import { describe, expect, it } from 'vitest'
import type { SessionsOptions } from '../../src/index.ts'
import { day } from '../support/clock.ts'
import { request, secret, signedIn, visit, world } from '../support/sessions.ts'
import { gone, storeWorld, tokenIn } from '../support/stores.ts'

const user = '__Host-Http-session'

/** A user who signed in before there was a store, a server of then, and one with a store. */
async function moving(options: SessionsOptions = {}) {
  const before = world(options)
  const visitor = await signedIn(before, 'ada', { label: 'Firefox', data: { cart: ['tea'] }, forgetful: false })
  const after = storeWorld(options, undefined, before.clock)
  return { before, after, visitor, clock: before.clock, store: after.store }
}

describe('a session from before the store', () => {
  it('is adopted on its next request, whole, and its cookie holds no data any more', async () => {
    const { after, visitor, store, clock } = await moving()
    const { id } = await after.sessions.open(visitor.cookie)
    const headers = await visit(after.sessions, visitor)

    expect(headers.getSetCookie()).toHaveLength(1)
    expect(await store.records()).toMatchObject([
      { id, userId: 'ada', label: 'Firefox', signedInAt: clock.now(), version: 1, data: { cart: '["tea"]' } },
    ])
    expect(tokenIn(user, visitor.get(user), clock.now())).toMatchObject({ data: null, confirmedAt: clock.now() })
    expect(after.events.filter(({ type }) => type === 'adopted')).toEqual([{ type: 'adopted', id, userId: 'ada' }])
    expect(await visit(after.sessions, visitor).then((again) => again.getSetCookie())).toEqual([])
    expect(await after.sessions.open(visitor.cookie)).toMatchObject({ userId: 'ada', data: { cart: ['tea'] } })
  })

  it('is adopted once by requests that race, and the writes of each of them are there', async () => {
    const { after, visitor, store } = await moving()
    const other = storeWorld({}, store, after.clock)
    const tabs = await Promise.all(
      [after, other, after, other].map(async ({ sessions }) => sessions.open(visitor.cookie)),
    )
    tabs.forEach((tab, n) => (tab.data[`tab${n}`] = n))
    for (const [n, tab] of tabs.entries()) visitor.receive(await [after, other][n % 2]!.sessions.commit(tab))

    expect(await store.records()).toHaveLength(1)
    expect([...after.events, ...other.events].filter(({ type }) => type === 'adopted')).toHaveLength(1)
    expect((await after.sessions.open(visitor.cookie)).data).toEqual({
      cart: ['tea'],
      tab0: 0,
      tab1: 1,
      tab2: 2,
      tab3: 3,
    })
  })

  it('still opens with its old cookie, of which the data counts no more', async () => {
    const { after, visitor } = await moving()
    const { cookie } = visitor
    await visit(after.sessions, visitor, (session) => (session.data['cart'] = ['milk']))

    expect((await after.sessions.open(cookie)).data).toEqual({ cart: ['milk'] })
    expect((await request(after.sessions, cookie)).getSetCookie()).toHaveLength(1)
  })

  it('is adopted with an older key, and also if nothing of the request is saved', async () => {
    const { after, visitor, clock, store } = await moving()
    const rotated = storeWorld({ secrets: [secret('second'), secret('first')] }, store, clock)
    const headers = await visit(rotated.sessions, visitor, (session) => (session.data['x'] = 1), { failed: true })

    expect(headers.getSetCookie()).toHaveLength(1)
    expect(await after.sessions.list('ada')).toHaveLength(1)
  })

  it('is not adopted if it has idled out or expired', async () => {
    const { after, visitor, clock, store } = await moving({ absoluteTimeout: 6 * day })
    clock.advance(6 * day)
    expect((await after.sessions.open(visitor.cookie)).outcome).toBe('expired')
    const idle = await moving()
    idle.clock.advance(7 * day)
    expect((await idle.after.sessions.open(idle.visitor.cookie)).outcome).toBe('idle')

    expect(await store.records()).toEqual([])
    expect(await idle.store.records()).toEqual([])
  })

  it('that cannot be read is adopted all the same, and costs its owner the data only', async () => {
    const { after, visitor } = await moving()
    const schema = {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: (value: any) => (value.cart ? { issues: [{}] } : { value }),
      },
    }
    const { sessions } = storeWorld({ schema } as SessionsOptions, after.store, after.clock)

    expect(await sessions.open(visitor.cookie)).toMatchObject({ outcome: 'unreadable', userId: 'ada', data: {} })
    expect(await sessions.list('ada')).toHaveLength(1)
  })
})

describe('a session from before the store that ended', () => {
  it('is not adopted, for as long as a server without the store could have refreshed its cookie', async () => {
    const { before, after, visitor, clock, store } = await moving()
    const copies = [visitor.cookie]
    const copy = await signedIn(before, 'nobody', { forgetful: false })
    copy.put(user, visitor.get(user)!)
    await visit(after.sessions, visitor, (session) => session.signOut())
    for (let days = 0; days < 40; days++) {
      clock.advance(day)
      await visit(before.sessions, copy)
      copies.push(copy.cookie)
      await store.sweep!(clock.now())
      // A process that was restarted, and remembers nothing.
      const { sessions } = storeWorld({}, store, clock)
      for (const cookie of copies.slice(-7)) {
        const session = await sessions.open(cookie)
        expect(session.userId).toBeNull()
        expect(['ended', 'expired', 'idle']).toContain(session.outcome)
      }
    }

    expect(await store.records()).toEqual([])
  })

  it('is not revived by a request that was adopting it', async () => {
    const { after, visitor } = await moving()
    const slow = await after.sessions.open(visitor.cookie)
    await visit(after.sessions, visitor, (session) => session.signOut())

    expect((await after.sessions.commit(slow)).getSetCookie()).toEqual([])
    expect(await after.sessions.list('ada')).toEqual([])
  })

  it('is not revived by a request whose create comes late', async () => {
    const { after, visitor, store } = await moving()
    const other = storeWorld({}, store, after.clock)
    const creating = store.hold('create')
    const late = other.sessions.open(visitor.cookie)
    await creating.reached
    await visit(after.sessions, visitor, (session) => session.signOut())
    creating.release()

    expect(await late).toMatchObject({ outcome: 'ended', userId: null })
  })

  it('with all of its user’s is refused as revoked, whenever it comes, at every server', async () => {
    const { after, visitor, clock, store } = await moving()
    await after.sessions.revokeAll('ada')
    for (let days = 0; days < 6; days++) {
      for (const { sessions } of [after, after, storeWorld({}, store, clock)]) {
        expect(await sessions.open(visitor.cookie)).toMatchObject({ outcome: 'revoked', userId: null })
      }
      clock.advance(day)
    }

    expect(await after.sessions.list('ada')).toEqual([])
  })

  it('with all of its user’s is refused at each of several requests at once', async () => {
    const { after, visitor, store } = await moving()
    await after.sessions.revokeAll('ada')
    const opening = [store.hold('create', 'after')]
    const first = after.sessions.open(visitor.cookie)
    await opening[0]!.reached
    const second = await storeWorld({}, store, after.clock).sessions.open(visitor.cookie)
    opening[0]!.release()

    expect([second.outcome, (await first).outcome]).toEqual(['revoked', 'revoked'])
  })

  it('with all of its user’s is refused after the store went away in the midst of it', async () => {
    const { after, visitor, store } = await moving()
    await after.sessions.revokeAll('ada')
    store.fail(['create'], 'after')
    expect((await after.sessions.open(visitor.cookie)).outcome).toBe('unavailable')
    store.heal()

    expect((await after.sessions.open(visitor.cookie)).outcome).toBe('revoked')
  })

  it('is spared by “all but this one”, where it is this one', async () => {
    const { after, visitor, before } = await moving()
    const other = await signedIn(before, 'ada')
    const except = await after.sessions.open(visitor.cookie)
    await after.sessions.revokeAll('ada', { except })

    expect((await after.sessions.open(visitor.cookie)).userId).toBe('ada')
    expect((await after.sessions.open(other.cookie)).outcome).toBe('revoked')
  })
})

it('while the store does not answer, a session from before it is neither adopted nor lost', async () => {
  const { after, visitor, store } = await moving()
  store.fail()
  const session = await after.sessions.open(visitor.cookie)
  expect(session.outcome).toBe('unavailable')
  expect(() => session.userId).toThrow(expect.objectContaining({ cause: gone }))
  expect((await after.sessions.commit(session)).getSetCookie()).toEqual([])
  store.heal()

  expect((await after.sessions.open(visitor.cookie)).userId).toBe('ada')
})
