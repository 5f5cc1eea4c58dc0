import { describe, expect, it } from 'vitest'
import type { Session, SessionStore } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import {
  besides,
  copyWorld,
  eventsOf,
  isBack,
  outcomesInOutage,
  quietStore,
  stopTime,
  wait,
} from '../support/outages.ts'
import { guest, signedIn, visit } from '../support/sessions.ts'
import { testStore, type StoreWorld } from '../support/stores.ts'

stopTime()

/** Two servers that share a store, `here` and `there`, and a visitor who is signed in. */
async function twoServers(inner: SessionStore = quietStore()) {
  const here = copyWorld({}, testStore(inner))
  const there = besides(here)
  const visitor = await signedIn(here)
  return { here, there, visitor, cookie: visitor.cookie }
}

describe('while its store is down, a server opens no copy of a session', () => {
  it.each<[string, string, (world: StoreWorld, cookie: string) => Promise<unknown>]>([
    ['revoked', 'revoked', async ({ sessions }) => sessions.revoke('ada', (await sessions.list('ada'))[0]!.id)],
    ['revoked with all of its user', 'revoked', async ({ sessions }) => sessions.revokeAll('ada')],
    [
      'signed out',
      'ended',
      async ({ sessions }, cookie) => {
        const session = await sessions.open(cookie)
        session.signOut()
        await sessions.commit(session)
      },
    ],
  ])('that it has %s itself, or has read as such', async (_, outcome, end) => {
    const { here, there, cookie } = await twoServers()
    await end(here, cookie)
    expect((await there.sessions.open(cookie)).outcome).toBe(outcome)

    expect(await outcomesInOutage(here, cookie)).toEqual(new Set([outcome]))
    expect(await outcomesInOutage(there, cookie)).toEqual(new Set([outcome]))
    await isBack(here)
    expect((await here.sessions.open(cookie)).outcome).toBe(outcome)
  })

  it('whose record it has found missing, and opens it again if the store has it back', async () => {
    const { here, cookie } = await twoServers()
    const { read } = here.store
    here.store.read = async () => null
    expect((await here.sessions.open(cookie)).outcome).toBe('ended')
    here.store.read = read
    expect(await outcomesInOutage(here, cookie)).toEqual(new Set(['ended']))

    await isBack(here)
    expect((await here.sessions.open(cookie)).outcome).toBe('active')
    const outcomes = await outcomesInOutage(here, cookie)
    outcomes.delete('unavailable')
    expect(outcomes).toEqual(new Set(['unconfirmed']))
  })

  it('by a cookie from before a renewal that it did or has read about, and opens the new cookie', async () => {
    const { here, there, visitor, cookie } = await twoServers()
    await visit(here.sessions, visitor, (session) => session.renew())
    expect((await there.sessions.open(cookie)).outcome).toBe('ended')
    for (const world of [here, there]) {
      expect(await outcomesInOutage(world, cookie)).toEqual(new Set(['ended']))
      expect((await world.sessions.open(visitor.cookie)).outcome).toBe('unconfirmed')
    }
  })

  it('whose end it has read after the deadline', async () => {
    const { here, there, cookie } = await twoServers()
    await there.sessions.revokeAll('ada')
    const late = here.store.hold('read', 'after')
    const opening = here.sessions.open(cookie)
    await late.reached
    await wait(0.5)
    late.release()
    await opening

    expect(await outcomesInOutage(here, cookie)).toEqual(new Set(['revoked']))
  })

  it('that it has revoked, though the store answered after the deadline', async () => {
    const { here, cookie } = await twoServers()
    const late = here.store.hold('endAll', 'after')
    const revoking = here.sessions.revokeAll('ada').catch((error: unknown) => error)
    await late.reached
    await wait(2.1)
    expect(await revoking).toMatchObject({ code: 'ERR_SESSION_UNAVAILABLE' })
    late.release()
    await wait(0)

    expect(await outcomesInOutage(here, cookie)).toEqual(new Set(['revoked']))
  })

  it('that it has watched, when the watch has seen its end', async () => {
    const { here, there, cookie } = await twoServers()
    const signal = here.sessions.watch(await here.sessions.open(cookie))
    await there.sessions.revokeAll('ada')
    await wait(1)
    expect(signal.reason).toBe('revoked')

    expect(await outcomesInOutage(here, cookie)).toEqual(new Set(['revoked']))
  })

  it('whose change it could not save, because the session had ended', async () => {
    const { here, there, cookie } = await twoServers()
    const session = await here.sessions.open(cookie)
    session.data['cart'] = ['tea']
    await there.sessions.revokeAll('ada')
    expect((await here.sessions.commit(session)).getSetCookie()).toEqual([])

    expect(await outcomesInOutage(here, cookie)).toEqual(new Set(['ended']))
  })

  it('and saves nothing in the cookie of a request that was opened before the end', async () => {
    const { here, there, visitor } = await twoServers(memoryStore())
    const session = await here.sessions.open(visitor.cookie)
    session.data['cart'] = ['tea']
    await there.sessions.revokeAll('ada')
    await wait(0)
    here.store.fail()

    expect((await here.sessions.commit(session)).getSetCookie()).toEqual([])
    expect(eventsOf(here, 'refused')).toHaveLength(1)
  })
})

describe('with a store that publishes notices, a server that never saw the cookie', () => {
  it.each<[string, (session: Session) => void]>([
    ['signed out', (session) => session.signOut()],
    ['renewed', (session) => session.renew()],
  ])('does not open by its copy a session that was %s elsewhere, if the store then stops', async (_, act) => {
    const { here, there, visitor, cookie } = await twoServers(memoryStore())
    await signedIn(there, 'eve')
    await visit(here.sessions, visitor, act)
    await wait(0)

    expect(await outcomesInOutage(there, cookie)).toEqual(new Set(['ended']))
    if (visitor.cookie !== '') expect((await there.sessions.open(visitor.cookie)).outcome).toBe('unconfirmed')
  })

  it('does not open a copy of a guest’s session that ended elsewhere', async () => {
    const here = copyWorld()
    const there = besides(here)
    await signedIn(there, 'eve')
    const visitor = await guest(here)
    await visit(here.sessions, visitor)
    const { cookie } = visitor
    await visit(here.sessions, visitor, (session) => session.signOut())
    await wait(0)

    expect(await outcomesInOutage(there, cookie)).toEqual(new Set(['ended']))
  })

  it('opens a renewed session by its old cookie if the store says that the renewal was undone', async () => {
    const { here, there, cookie } = await twoServers(memoryStore())
    await signedIn(there, 'eve')
    const [record] = await here.store.records()
    const renew = async (from: string, to: string) => {
      const { lastSeenAt, expiresAt } = record!
      await here.store.update(
        record!,
        { secretHash: from },
        { set: {}, unset: [], lastSeenAt, expiresAt, secretHash: to },
      )
    }
    await renew(record!.secretHash, 'new')
    await wait(0)
    expect((await there.sessions.open(cookie)).outcome).toBe('ended')

    await renew('new', record!.secretHash)
    await wait(0)
    expect((await there.sessions.open(cookie)).outcome).toBe('active')
  })

  it('says so if it may have missed notices, with copies only', async () => {
    const lose: (() => void)[] = []
    const losing = (): SessionStore => ({
      ...memoryStore(),
      watch(_, onLost) {
        lose.push(onLost!)
        return () => {}
      },
    })
    const withCopies = copyWorld({}, testStore(losing()))
    await signedIn(withCopies)
    for (const each of lose) each()
    expect(eventsOf(withCopies, 'notices-lost')).toEqual([{ type: 'notices-lost' }])

    const without = copyWorld({ unconfirmedFor: 0 }, testStore(losing()))
    const session = await without.sessions.open((await signedIn(without)).cookie)
    expect(lose).toHaveLength(1)
    without.sessions.watch(session)
    await wait(0)
    expect(lose).toHaveLength(2)
    lose[1]!()
    expect(eventsOf(without, 'notices-lost')).toEqual([])
  })
})

describe('what a server remembers of ended sessions', () => {
  it('is not pushed out by guests who sign out', async () => {
    let notify: Parameters<NonNullable<SessionStore['watch']>>[0]
    const store: SessionStore = {
      ...memoryStore(),
      watch(onNotice) {
        notify = onNotice
        return () => {}
      },
    }
    const here = copyWorld({}, testStore(store))
    const visitor = await signedIn(here)
    await here.sessions.revokeAll('ada')
    for (let count = 0; count < 250_000; count++) notify!({ id: `guest-${count}`, isGuest: true, ended: 'signed-out' })

    expect(await outcomesInOutage(here, visitor.cookie)).toEqual(new Set(['revoked']))
  })
})
