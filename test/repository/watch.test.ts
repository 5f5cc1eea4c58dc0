import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Session, SessionStore } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { day } from '../support/clock.ts'
import { signedIn, visit } from '../support/sessions.ts'
import { storeWorld, testStore, type StoreWorld } from '../support/stores.ts'

/** A store without notifications, as that in SQLite. */
function polledStore(): SessionStore {
  const { watch: _, ...store } = memoryStore()
  return store
}

const kinds: Record<string, () => SessionStore> = {
  'with notifications': memoryStore,
  'that is asked': polledStore,
}

/** Lets a second pass, by a clock that stands still otherwise, and what is asked meanwhile be answered. */
const aSecond = () => vi.advanceTimersByTimeAsync(1000)

describe.each(Object.entries(kinds))('a session that is watched, in a store %s', (_kind, make) => {
  let here: StoreWorld
  let there: StoreWorld
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout', 'setImmediate'] })
    const store = make()
    here = storeWorld({}, testStore(store))
    there = storeWorld({}, testStore(store), here.clock)
  })
  afterEach(() => void vi.useRealTimers())

  const openedIn = async (world: StoreWorld, cookie: string): Promise<Session> => world.sessions.open(cookie)

  it.each([
    [
      'signed out',
      'ended',
      async (cookie: string) => {
        const session = await openedIn(there, cookie)
        session.signOut()
        await there.sessions.commit(session)
      },
    ],
    [
      'revoked',
      'revoked',
      async (cookie: string) => {
        await there.sessions.revoke('ada', (await openedIn(there, cookie)).id!)
      },
    ],
    [
      'revoked with all of its user',
      'revoked',
      async () => {
        await there.sessions.revokeAll('ada')
      },
    ],
    [
      'the oldest of more sessions than a user may have',
      'limit',
      async () => {
        await signedIn(storeWorld({ maxSessions: 1 }, there.store, here.clock))
      },
    ],
    [
      'replaced by another user’s',
      'ended',
      async (cookie: string) => {
        const session = await openedIn(there, cookie)
        session.signIn('eve')
        await there.sessions.commit(session)
      },
    ],
    ['not used for too long', 'idle', async () => here.clock.advance(7 * day)],
  ] as const)('fires within a second when it is %s', async (_how, reason, act) => {
    const { cookie } = await signedIn(here)
    const signal = here.sessions.watch(await openedIn(here, cookie))
    await aSecond()
    expect(signal.aborted).toBe(false)
    await act(cookie)
    await aSecond()
    expect(signal.aborted).toBe(true)
    expect(signal.reason).toBe(reason)
  })

  it('fires when it was not used for its own idle timeout', async () => {
    const { cookie } = await signedIn(here, 'ada', { idleTimeout: 60 })
    const signal = here.sessions.watch(await openedIn(here, cookie))
    here.clock.advance(59)
    await aSecond()
    expect(signal.aborted).toBe(false)
    here.clock.advance(1)
    await aSecond()
    expect(signal.reason).toBe('idle')
  })

  it('fires when it is too old, however much it is used', async () => {
    const visitor = await signedIn(here)
    const signal = here.sessions.watch(await openedIn(here, visitor.cookie))
    for (let days = 6; days < 30; days += 6) {
      here.clock.advance(6 * day)
      await visit(here.sessions, visitor, (session) => void session.userId)
      await aSecond()
      expect(signal.aborted).toBe(false)
    }
    here.clock.advance(6 * day)
    await aSecond()
    expect(signal.reason).toBe('expired')
  })

  it('continues when it changes, and when others end or are renewed', async () => {
    const visitor = await signedIn(here)
    const [leaving, renewing] = [await signedIn(here), await signedIn(here)]
    const signal = here.sessions.watch(await openedIn(here, visitor.cookie))
    await visit(there.sessions, visitor, (session) => (session.data = { cart: ['tea'] }))
    await visit(there.sessions, leaving, (session) => session.signOut())
    await visit(there.sessions, renewing, (session) => session.renew())
    await aSecond()
    await aSecond()
    expect(signal.aborted).toBe(false)
    await there.sessions.revokeAll('ada')
    await aSecond()
    expect(signal.reason).toBe('revoked')
  })

  it.each([
    ['is renewed', (session: Session) => session.renew()],
    ['proves who they are again', (session: Session) => session.signIn('ada')],
  ])('fires for a request with the old cookie when its owner %s, and continues with the new one', async (_how, act) => {
    const owner = await signedIn(here)
    const stolen = owner.cookie
    const [first, second] = [openedIn(here, stolen), openedIn(here, stolen)]
    const signals = [here.sessions.watch(await first), here.sessions.watch(await second)]
    await aSecond()
    await visit(there.sessions, owner, act)
    const now = here.sessions.watch(await openedIn(here, owner.cookie))
    await aSecond()
    expect(signals.map(({ reason }) => reason)).toEqual(['renewed', 'renewed'])
    expect((await openedIn(here, stolen)).outcome).toBe('ended')
    await vi.advanceTimersByTimeAsync(20_000)
    expect(now.aborted).toBe(false)
    await there.sessions.revokeAll('ada')
    await aSecond()
    expect(now.reason).toBe('revoked')
  })

  it('fires at once at the server that renews it', async () => {
    const { cookie } = await signedIn(here)
    const signal = here.sessions.watch(await openedIn(here, cookie))
    const session = await openedIn(here, cookie)
    await aSecond()
    session.renew()
    here.store.hang(['read'])
    await here.sessions.commit(session)
    expect(signal.reason).toBe('renewed')
    here.store.heal()
  })

  it('fires at once where it was renewed since its request was opened', async () => {
    const owner = await signedIn(here)
    const late = await openedIn(here, owner.cookie)
    await visit(there.sessions, owner, (session) => session.renew())
    const signal = here.sessions.watch(late)
    await vi.advanceTimersByTimeAsync(0)
    expect(signal.reason).toBe('renewed')
  })

  it('continues from the request that renews it, with the cookie of its response', async () => {
    const owner = await signedIn(here)
    const session = await openedIn(here, owner.cookie)
    session.renew()
    const signal = here.sessions.watch(session)
    await aSecond()
    await here.sessions.commit(session)
    await aSecond()
    expect(signal.aborted).toBe(false)
    const again = await openedIn(there, owner.cookie)
    expect(again.outcome).toBe('ended')
  })

  it('continues if an answer from before its renewal comes after it', async () => {
    const owner = await signedIn(here)
    const session = await openedIn(here, owner.cookie)
    session.renew()
    const reading = here.store.hold('read', 'after')
    const signal = here.sessions.watch(session)
    await reading.reached
    await here.sessions.commit(session)
    reading.release()
    await aSecond()
    expect(signal.aborted).toBe(false)
    await here.sessions.revokeAll('ada')
    expect(signal.reason).toBe('revoked')
  })

  it('continues if the request fails that would have renewed it', async () => {
    const owner = await signedIn(here)
    const session = await openedIn(here, owner.cookie)
    session.renew()
    const signal = here.sessions.watch(session)
    await here.sessions.commit(session, { failed: true })
    await aSecond()
    expect(signal.aborted).toBe(false)
    await visit(there.sessions, owner, (other) => other.renew())
    await aSecond()
    expect(signal.reason).toBe('renewed')
  })

  it('fires where another was faster to renew it', async () => {
    const owner = await signedIn(here)
    const thief = await openedIn(here, owner.cookie)
    thief.renew()
    const signal = here.sessions.watch(thief)
    await aSecond()
    await visit(there.sessions, owner, (session) => session.renew())
    expect((await here.sessions.commit(thief)).getSetCookie()).toEqual([])
    await aSecond()
    expect(signal.reason).toBe('renewed')
  })

  it('lets alone what came while it was asked how the session was before', async () => {
    const owner = await signedIn(here)
    const before = here.sessions.watch(await openedIn(here, owner.cookie))
    await aSecond()
    const reading = here.store.hold('read', 'after')
    const asked = here.sessions.watch(await openedIn(there, owner.cookie))
    await reading.reached
    await visit(there.sessions, owner, (session) => session.renew())
    const now = here.sessions.watch(await openedIn(there, owner.cookie))
    reading.release()
    await aSecond()
    expect([before, asked, now].map(({ reason }) => reason)).toEqual(['renewed', 'renewed', undefined])
  })

  it('is watched from the request on that signs in, before it is kept', async () => {
    const session = await here.sessions.open(null)
    session.signIn('ada')
    const signal = here.sessions.watch(session)
    await aSecond()
    expect(signal.aborted).toBe(false)
    await here.sessions.commit(session)
    await aSecond()
    await vi.advanceTimersByTimeAsync(15_000)
    expect(signal.aborted).toBe(false)
    await there.sessions.revoke('ada', session.id!)
    await aSecond()
    expect(signal.reason).toBe('revoked')
  })

  it('is watched from the request on in which another user signs in, before anything is stored', async () => {
    const { cookie } = await signedIn(here, 'bob')
    const session = await openedIn(here, cookie)
    session.signIn('ada')
    const signal = here.sessions.watch(session)
    await aSecond()
    expect(signal.aborted).toBe(false)
  })

  it('fires at once where it ended since its request was opened', async () => {
    const { cookie } = await signedIn(here)
    const session = await openedIn(here, cookie)
    await there.sessions.revokeAll('ada')
    const signal = here.sessions.watch(session)
    await vi.advanceTimersByTimeAsync(0)
    expect(signal.reason).toBe('revoked')
  })

  it('fires at once at the server that ends it, also while its store does not answer', async () => {
    const [signedOut, revoked, all] = [await signedIn(here), await signedIn(here), await signedIn(here, 'bob')]
    const opened = await Promise.all([signedOut, revoked, all].map(({ cookie }) => openedIn(here, cookie)))
    const signals = opened.map((session) => here.sessions.watch(session))
    const reasons = () => signals.map(({ reason }) => reason)
    await aSecond()
    await here.sessions.revoke('ada', opened[1]!.id!)
    expect(reasons()).toEqual([undefined, 'revoked', undefined])
    await here.sessions.revokeAll('bob')
    expect(reasons()).toEqual([undefined, 'revoked', 'revoked'])

    here.store.hang()
    opened[0]!.signOut()
    const committed = here.sessions.commit(opened[0]!)
    await vi.advanceTimersByTimeAsync(0)
    expect(reasons()).toEqual(['ended', 'revoked', 'revoked'])
    here.store.heal()
    await aSecond()
    await committed
  })

  it('fires once, where it ends by the request that it is watched from', async () => {
    const { cookie } = await signedIn(here)
    const session = await openedIn(here, cookie)
    const signal = here.sessions.watch(session)
    let times = 0
    signal.addEventListener('abort', () => times++)
    session.signOut()
    await aSecond()
    expect(times).toBe(0)
    await here.sessions.commit(session)
    await aSecond()
    expect([times, signal.reason]).toEqual([1, 'ended'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('fires once the store answers again, where it ended meanwhile, and not because of an outage', async () => {
    const { cookie } = await signedIn(here)
    const signal = here.sessions.watch(await openedIn(here, cookie))
    await aSecond()
    here.store.fail()
    for (let seconds = 0; seconds < 20; seconds++) await aSecond()
    await there.sessions.revokeAll('ada')
    for (let seconds = 0; seconds < 5; seconds++) await aSecond()
    expect(signal.aborted).toBe(false)
    here.store.heal()
    // One question a second is let through to a store that was down.
    await aSecond()
    await aSecond()
    expect(signal.reason).toBe('revoked')
  })

  it('fires where its record is gone', async () => {
    const { cookie } = await signedIn(here)
    const signal = here.sessions.watch(await openedIn(here, cookie))
    await aSecond()
    here.store.read = async () => null
    await vi.advanceTimersByTimeAsync(16_000)
    expect(signal.reason).toBe('ended')
  })

  it('is left alone when what was open has closed, and for what is open of it still', async () => {
    const { cookie } = await signedIn(here)
    const session = await openedIn(here, cookie)
    const [one, two, never] = [new AbortController(), new AbortController(), AbortSignal.abort()]
    const first = here.sessions.watch(session, { until: one.signal })
    const second = here.sessions.watch(session, { until: two.signal })
    const third = here.sessions.watch(session, { until: never })
    await aSecond()
    one.abort()
    await there.sessions.revokeAll('ada')
    await aSecond()
    expect([first, second, third].map(({ aborted }) => aborted)).toEqual([false, true, false])

    here.store.calls.length = 0
    two.abort()
    await vi.advanceTimersByTimeAsync(20_000)
    expect(here.store.calls).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is watched for a minute where nothing is kept of it by then, and asked for no longer', async () => {
    const session = await here.sessions.open(null)
    session.signIn('ada')
    const [kept, never] = [await here.sessions.open(null), here.sessions.watch(session)]
    kept.signIn('ada')
    const signal = here.sessions.watch(kept)
    await vi.advanceTimersByTimeAsync(50_000)
    await here.sessions.commit(kept)
    await vi.advanceTimersByTimeAsync(40_000)
    expect(never.aborted).toBe(false)
    await there.sessions.revokeAll('ada')
    await aSecond()
    expect(signal.reason).toBe('revoked')
    here.store.calls.length = 0
    await vi.advanceTimersByTimeAsync(20_000)
    expect(here.store.calls).toEqual([])
  })

  it('takes a signal as until, and says so of what has one', async () => {
    const session = await openedIn(here, (await signedIn(here)).cookie)
    const until = new AbortController()
    expect(() => here.sessions.watch(session, { until: until as never })).toThrow(
      expect.objectContaining({ code: 'ERR_OPTIONS', message: expect.stringContaining('controller.signal') }),
    )
  })

  it('of a guest without a record never fires', async () => {
    const signal = here.sessions.watch(await here.sessions.open(null))
    await vi.advanceTimersByTimeAsync(20_000)
    expect(signal.aborted).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
  })
})
