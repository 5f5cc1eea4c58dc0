import { describe, expect, it } from 'vitest'
import { both, move } from '../../src/move/index.ts'
import { browser } from '../support/browser.ts'
import { day, minute } from '../support/clock.ts'
import { copyWorld, eventsOf } from '../support/outages.ts'
import { signedIn, visit, world, type World } from '../support/sessions.ts'
import { storeWorld, testStore } from '../support/stores.ts'

// The limits of the steps in docs/growing.md: each of them exists.

const unconfirmedFor = 7200

/** Servers without a store, and one with a store; a user who signed in before there was one. */
async function growing() {
  const without = world({ unconfirmedFor })
  const kept = copyWorld({ unconfirmedFor }, testStore(), without.clock)
  const visitor = await signedIn(without, 'ada', { data: { cart: ['tea'] } })
  const before = visitor.cookie
  await visit(kept.sessions, visitor)
  return { without, kept, visitor, before, clock: without.clock }
}

const outcome = async ({ sessions }: Pick<World, 'sessions'>, cookie: string) => (await sessions.open(cookie)).outcome

describe('until the last server has the first store', () => {
  it('a user who signs out at a server with the store still opens at a server without it, and nowhere once all have it', async () => {
    const { without, kept, visitor, before } = await growing()
    const after = visitor.cookie
    await visit(kept.sessions, visitor, (session) => session.signOut())

    expect([await outcome(without, before), await outcome(without, after)]).toEqual(['active', 'active'])
    expect([await outcome(kept, before), await outcome(kept, after)]).toEqual(['ended', 'ended'])
  })

  it('a user who signs out at a server with the store has ended in it, even if the store did not know the session', async () => {
    const { without, kept } = await growing()
    const visitor = await signedIn(without, 'eve')
    const { cookie } = visitor
    await visit(kept.sessions, visitor, (session) => session.signOut())

    expect(await outcome(kept, cookie)).toBe('ended')
  })

  it('a user who signs out at a server without the store has not ended in it; revoking all sessions ends that one', async () => {
    const { without, kept, visitor } = await growing()
    const { cookie } = visitor
    await visit(without.sessions, visitor, (session) => session.signOut())

    expect(await outcome(kept, cookie)).toBe('active')
    await kept.sessions.revokeAll('ada')
    expect(await outcome(kept, cookie)).toBe('revoked')
  })

  it('a write at a server without the store reaches the store, unless the session was changed there meanwhile', async () => {
    for (const [meanwhile, cart] of [
      [false, ['oil']],
      [true, ['milk']],
    ] as const) {
      const { without, kept, visitor } = await growing()
      const other = browser()
      other.put('__Host-Http-session', visitor.get('__Host-Http-session')!)
      await visit(without.sessions, visitor, (session) => (session.data['cart'] = ['oil']))
      if (meanwhile) await visit(kept.sessions, other, (session) => (session.data['cart'] = ['milk']))

      expect((await kept.sessions.open(visitor.cookie)).data).toEqual({ cart })
      expect(eventsOf(kept, 'refused')).toHaveLength(meanwhile ? 1 : 0)
    }
  })

  it('without unconfirmedFor, a server without the store reports stored sessions as unavailable', async () => {
    const { kept, visitor } = await growing()
    expect(await outcome(world({}, kept.clock), visitor.cookie)).toBe('unavailable')
  })
})

describe('from one store to another', () => {
  it('without both, servers that have one alone sign out whom the other has', async () => {
    const old = storeWorld()
    const new_ = storeWorld({}, testStore(), old.clock)
    const visitor = await signedIn(old)

    expect(await outcome(new_, visitor.cookie)).toBe('ended')
  })

  it('a server that has the new one alone before the move is done signs out who was not there yet', async () => {
    const [from, to] = [testStore(), testStore()]
    const old = storeWorld({}, from)
    const during = storeWorld({}, testStore(both(to, from)), old.clock)
    const early = storeWorld({}, to, old.clock)
    const [seen, away] = [await signedIn(old, 'ada'), await signedIn(old, 'eve')]
    await visit(during.sessions, seen)
    const begun = await signedIn(early, 'bob')

    expect([await outcome(early, seen.cookie), await outcome(early, away.cookie)]).toEqual(['active', 'ended'])
    // And who signs in there is not known elsewhere; neither of them loses anything by it.
    expect(await outcome(during, begun.cookie)).toBe('ended')
    await move(from, to)
    expect([await outcome(early, away.cookie), await outcome(during, begun.cookie)]).toEqual(['active', 'active'])
  })

  it('while both are in use, an outage of either is an outage', async () => {
    const [from, to] = [testStore(), testStore()]
    const during = storeWorld({}, testStore(both(to, from)))
    const visitor = await signedIn(during)
    for (const store of [to, from]) {
      store.fail()
      expect(await outcome(during, visitor.cookie)).toBe('unavailable')
      store.heal()
    }
    expect(await outcome(during, visitor.cookie)).toBe('active')
  })
})

describe('back to the cookie', () => {
  it('continues sessions that have a copy, and reports others as unavailable: their cookie stays', async () => {
    const copies = copyWorld({ unconfirmedFor })
    const plain = storeWorld({}, copies.store, copies.clock)
    const without = world({ unconfirmedFor }, copies.clock)
    const [came, away] = [await signedIn(plain, 'ada'), await signedIn(plain, 'eve')]
    const large = await signedIn(copies, 'bob', { data: { text: 'x'.repeat(5000) } })
    await visit(copies.sessions, came)

    expect(await outcome(without, came.cookie)).toBe('active')
    expect([await outcome(without, away.cookie), await outcome(without, large.cookie)]).toEqual([
      'unavailable',
      'unavailable',
    ])
    expect((await visit(without.sessions, away)).getSetCookie()).toEqual([])
  })

  it('a user who signed out while there was a store opens by a copy for unconfirmedFor, and by an older cookie for good', async () => {
    const { without, kept, visitor, before, clock } = await growing()
    const copied = visitor.cookie
    await visit(kept.sessions, visitor, (session) => session.signOut())
    expect([await outcome(without, copied), await outcome(without, before)]).toEqual(['active', 'active'])
    clock.advance(unconfirmedFor)

    expect([await outcome(without, copied), await outcome(without, before)]).toEqual(['unavailable', 'active'])
  })
})

describe('and once more into a store', () => {
  it('a store that held these sessions before decides by its records: sessions that were idle in them are signed out', async () => {
    const { without, kept, visitor, clock } = await growing()
    for (let days = 0; days < 8; days++) {
      await visit(without.sessions, visitor)
      clock.advance(day)
    }

    expect([await outcome(without, visitor.cookie), await outcome(kept, visitor.cookie)]).toEqual(['active', 'idle'])
    const empty = copyWorld({ unconfirmedFor }, testStore(), clock)
    expect(await empty.sessions.open(visitor.cookie)).toMatchObject({ outcome: 'active', data: { cart: ['tea'] } })
  })

  it('from another store, an old one need not be emptied', async () => {
    const [one, other] = [testStore(), testStore()]
    const first = storeWorld({}, one)
    const visitor = await signedIn(first, 'ada', { data: { cart: ['tea'] } })
    await move(one, other)
    const second = storeWorld({}, other, first.clock)
    for (let days = 0; days < 12; days++) {
      await visit(second.sessions, visitor, (session) => (session.data['cart'] = ['oil']))
      first.clock.advance(day / 2 + minute)
    }
    const back = storeWorld({}, testStore(both(one, other)), first.clock)

    expect(await back.sessions.open(visitor.cookie)).toMatchObject({ outcome: 'active', data: { cart: ['oil'] } })
    await move(other, one)
    expect(await first.sessions.open(visitor.cookie)).toMatchObject({ outcome: 'active', data: { cart: ['oil'] } })
  })
})
