import { describe, expect, it } from 'vitest'
import type { SessionsOptions } from '../../src/index.ts'
import { cookiesOf } from '../support/browser.ts'
import { hour } from '../support/clock.ts'
import { besides, copyWorld, isBack, stopTime, eventsOf, unconfirmedFor } from '../support/outages.ts'
import { guest, signedIn, visit, world } from '../support/sessions.ts'
import { storeWorld, testStore, tokenIn } from '../support/stores.ts'

stopTime()

const [user, visiting] = ['__Host-Http-session', '__Host-Http-guest']

/** A server with a store, one without, and a user who signed in at the first. */
async function shrinking(options: SessionsOptions = {}) {
  const before = copyWorld(options)
  const visitor = await signedIn(before, 'ada', { data: { cart: ['tea'] }, label: 'Firefox' })
  const after = world({ unconfirmedFor, ...options }, before.clock)
  return { before, after, visitor, clock: before.clock }
}

describe('a server without a store', () => {
  it('takes over a session that comes with a copy, and seals it as one that no store has confirmed', async () => {
    const { before, after, visitor, clock } = await shrinking()
    const { id } = await before.sessions.open(visitor.cookie)
    clock.advance(unconfirmedFor - 0.001)
    const headers = await visit(after.sessions, visitor, (session) =>
      expect(session).toMatchObject({ outcome: 'active', confirmed: true, id, userId: 'ada', data: { cart: ['tea'] } }),
    )
    expect(Object.keys(cookiesOf(headers))).toEqual([user])
    expect(tokenIn(user, visitor.get(user), clock.now())).toMatchObject({
      confirmedAt: null,
      data: { cart: '["tea"]' },
    })
    clock.advance(24 * hour)

    expect(await after.sessions.open(visitor.cookie)).toMatchObject({ outcome: 'active', userId: 'ada' })
  })

  it('takes over a page that changes it, and one that fails', async () => {
    for (const failed of [true, false]) {
      const { after, visitor, clock } = await shrinking()
      await visit(after.sessions, visitor, (session) => (session.data['cart'] = ['oil']), { failed })
      clock.advance(24 * hour)
      expect((await after.sessions.open(visitor.cookie)).data).toEqual({ cart: [failed ? 'tea' : 'oil'] })
    }
  })

  it('takes over what was changed in an outage', async () => {
    const { before, after, visitor } = await shrinking()
    before.store.fail()
    await visit(before.sessions, visitor, (session) => (session.data['cart'] = ['oil']))
    await visit(after.sessions, visitor)

    expect((await after.sessions.open(visitor.cookie)).data).toEqual({ cart: ['oil'] })
  })

  it('reports a session with an old copy, or without one, as unavailable, and leaves its cookie', async () => {
    const { after, visitor, clock } = await shrinking()
    const large = await signedIn(copyWorld({}, testStore(), clock), 'eve', { data: { text: 'x'.repeat(5000) } })
    expect((await after.sessions.open(large.cookie)).outcome).toBe('unavailable')
    expect(cookiesOf(await visit(after.sessions, large))).toEqual({})
    clock.advance(unconfirmedFor)

    expect((await after.sessions.open(visitor.cookie)).outcome).toBe('unavailable')
    expect(cookiesOf(await visit(after.sessions, visitor))).toEqual({})
  })

  it('adopts none unless unconfirmedFor is set', async () => {
    const { visitor, clock } = await shrinking()
    const after = world({}, clock)

    expect((await after.sessions.open(visitor.cookie)).outcome).toBe('unavailable')
    expect(cookiesOf(await visit(after.sessions, visitor))).toEqual({})
  })

  it('refuses what it ended itself, and holds to both limits', async () => {
    const { after, visitor, clock } = await shrinking({
      unconfirmedFor: 4 * hour,
      idleTimeout: hour,
      absoluteTimeout: 2 * hour,
    })
    const { cookie } = visitor
    clock.advance(hour)
    expect((await after.sessions.open(cookie)).outcome).toBe('idle')
    const other = await shrinking()
    const copied = other.visitor.cookie
    await visit(other.after.sessions, other.visitor, (session) => session.signOut())

    expect((await other.after.sessions.open(copied)).outcome).toBe('ended')
  })

  it('takes over a guest as well', async () => {
    const { before, after, clock } = await shrinking()
    const visitor = await guest(before)
    await visit(after.sessions, visitor, (session) => session.data['cart'].push('milk'))
    clock.advance(24 * hour)

    expect((await after.sessions.open(visitor.cookie)).data).toEqual({ cart: ['tea', 'milk'] })
    expect(tokenIn(visiting, visitor.get(visiting), clock.now()).confirmedAt).toBeNull()
  })

  it('a renewal there invalidates earlier copies, there', async () => {
    const { after, visitor } = await shrinking()
    const { cookie } = visitor
    await visit(after.sessions, visitor, (session) => session.renew())

    expect((await after.sessions.open(cookie)).outcome).toBe('ended')
    expect((await after.sessions.open(visitor.cookie)).userId).toBe('ada')
  })
})

describe('growing again', () => {
  it('into a new store, a session that was taken over is adopted, with what was changed', async () => {
    const { after, visitor, clock } = await shrinking()
    await visit(after.sessions, visitor, (session) => (session.data['cart'] = ['oil']))
    const grown = copyWorld({}, testStore(), clock)
    await visit(grown.sessions, visitor, (session) =>
      expect(session).toMatchObject({ outcome: 'active', userId: 'ada', data: { cart: ['oil'] } }),
    )

    expect(eventsOf(grown, 'adopted')).toHaveLength(1)
    expect(await grown.sessions.list('ada')).toHaveLength(1)
    expect(tokenIn(user, visitor.get(user), clock.now()).confirmedAt).toBe(clock.now())
  })

  it('into the old store, its record decides', async () => {
    const { before, after, visitor } = await shrinking()
    await visit(after.sessions, visitor)

    expect(await before.sessions.open(visitor.cookie)).toMatchObject({ outcome: 'active', userId: 'ada' })
    await visit(after.sessions, visitor)
    await before.sessions.revokeAll('ada')
    expect((await before.sessions.open(visitor.cookie)).outcome).toBe('revoked')
  })

  it('nobody is signed out on the way from a cookie to a store and back, at any server', async () => {
    const cookie = world({ unconfirmedFor })
    const { clock } = cookie
    const copies = copyWorld({}, testStore(), clock)
    const plain = storeWorld({}, copies.store, clock)
    const visitor = await signedIn(cookie, 'ada', { data: { n: 0 }, forgetful: false })
    const ways = [
      [cookie, copies],
      [copies, plain],
      [plain, copies],
      [copies, cookie],
    ]
    let n = 0
    for (const [from, to] of ways) {
      for (const at of [from!, to!, from!, to!, to!]) {
        // On the way to and from no store only what is read counts: two truths have no order.
        const writes = from !== cookie && to !== cookie
        await visit(at.sessions, visitor, (session) => {
          expect(session).toMatchObject({ outcome: 'active', userId: 'ada', data: { n } })
          if (writes) session.data['n'] = ++n
        })
        clock.advance(60)
      }
      // A page later all cookies are of the new kind.
      await visit(to!.sessions, visitor)
    }
  })
})

it('a session that no store has confirmed yet is unavailable in an outage, and is adopted after it', async () => {
  const before = world()
  const visitor = await signedIn(before, 'ada', { data: { cart: ['tea'] } })
  const visited = copyWorld({}, testStore(), before.clock)
  visited.store.fail()
  for (let times = 0; times < 6; times++)
    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('unavailable')
  await isBack(visited)
  await visit(visited.sessions, visitor)
  expect(eventsOf(visited, 'adopted')).toHaveLength(1)
  besides(visited).store.fail()
  visited.store.fail()

  expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ outcome: 'unconfirmed', data: { cart: ['tea'] } })
})
