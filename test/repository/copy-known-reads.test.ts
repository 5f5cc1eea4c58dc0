import { describe, expect, it } from 'vitest'
import type { Session, SessionNotice, SessionStore } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { besides, copyWorld, isBack, outcomesInOutage, quietStore, stopTime, wait } from '../support/outages.ts'
import { guest, signedIn, visit, type World } from '../support/sessions.ts'
import { gone, testStore } from '../support/stores.ts'

stopTime()

/** Two servers that share a store without notices, and a visitor who is signed in. */
async function twoServers() {
  const inner = quietStore()
  const here = copyWorld({}, testStore(inner))
  const there = copyWorld({}, testStore(inner), here.clock)
  const visitor = await signedIn(here)
  const { id } = await here.sessions.open(visitor.cookie)
  return { here, there, visitor, cookie: visitor.cookie, id: id! }
}

/** Opens a cookie, and resolves to a function that commits the request after a handler's work. */
async function opened({ sessions }: World, cookie: string, handle: (session: Session) => void) {
  const session = await sessions.open(cookie)
  handle(session)
  return async (options = {}) => sessions.commit(session, options).catch((error: unknown) => error)
}

const addOne = (session: Session) => session.update('n', (n = 0) => n + 1)

describe('a server learns that a session is over', () => {
  it('from the read before it writes the changes of an outage', async () => {
    const { here, there, visitor } = await twoServers()
    await outcomesInOutage(here, visitor.cookie)
    await visit(here.sessions, visitor, (session) => void (session.data['cart'] = ['tea']))
    const commit = await opened(here, visitor.cookie, (session) => void (session.data['cart'] = ['milk']))
    await there.sessions.revokeAll('ada')
    await isBack(here)
    expect(((await commit()) as Headers).getSetCookie()).toEqual([])

    expect(await outcomesInOutage(here, visitor.cookie)).toEqual(new Set(['revoked']))
  })

  it.each<[string, (session: Session) => void]>([
    ['', () => {}],
    [' with an update', addOne],
  ])('from its own renewal%s that was answered after the deadline', async (_, handle) => {
    const { here, cookie } = await twoServers()
    const commit = await opened(here, cookie, (session) => {
      session.renew()
      handle(session)
    })
    const late = here.store.hold('update', 'after')
    const committing = commit()
    await late.reached
    await wait(0.6)
    expect(await committing).toMatchObject({ code: 'ERR_SESSION_UNAVAILABLE' })
    late.release()
    await wait(0)

    expect(await outcomesInOutage(here, cookie)).toEqual(new Set(['ended']))
  })

  it.each<[string, { background?: boolean }, (session: Session) => void]>([
    ['a change in the background', { background: true }, (session) => void (session.data['n'] = 1)],
    ['an update', {}, addOne],
  ])('and how, from the read of a request with %s', async (_, options, handle) => {
    const { here, there, cookie } = await twoServers()
    here.clock.advance(1)
    const commit = await opened(here, cookie, handle)
    await there.sessions.revokeAll('ada')
    await commit(options)

    expect(await outcomesInOutage(here, cookie)).toEqual(new Set(['revoked']))
  })

  it('from the read after a conflict, when it writes the changes of an outage', async () => {
    const { here, there, visitor, id } = await twoServers()
    await outcomesInOutage(here, visitor.cookie)
    await visit(here.sessions, visitor, (session) => void (session.data['cart'] = ['tea']))
    await isBack(here)
    const update = here.store.hold('update')
    const opening = here.sessions.open(visitor.cookie)
    await update.reached
    await there.store.end({ id, userId: 'ada' }, { ended: 'revoked', endedAt: 0, expiresAt: 0 })
    const read = here.store.hold('read', 'after')
    update.release()
    await read.reached
    await wait(0.6)
    await opening
    read.release()
    await wait(0)

    expect(await outcomesInOutage(here, visitor.cookie)).toEqual(new Set(['revoked']))
  })

  it('from the session that revokeAll was to spare', async () => {
    const { here, there, cookie, id } = await twoServers()
    const session = await here.sessions.open(cookie)
    await there.sessions.revoke('ada', id)
    expect(await here.sessions.revokeAll('ada', { except: session })).toMatchObject({ exceptEnded: true })

    // The answer does not say how it ended.
    expect(await outcomesInOutage(here, cookie)).toEqual(new Set(['ended']))
  })
})

describe('a server that watches a session without notices learns', () => {
  it('that it was renewed elsewhere', async () => {
    const { here, there, visitor, cookie } = await twoServers()
    const signal = here.sessions.watch(await here.sessions.open(cookie))
    await wait(0)
    await visit(there.sessions, visitor, (session) => session.renew())
    await wait(1)
    expect(signal.reason).toBe('renewed')

    expect(await outcomesInOutage(here, cookie)).toEqual(new Set(['ended']))
  })

  it('that its record is gone', async () => {
    const { here, cookie } = await twoServers()
    const signal = here.sessions.watch(await here.sessions.open(cookie))
    await wait(0)
    const { read } = here.store
    here.store.read = async () => null
    await wait(1)
    expect(signal.reason).toBe('ended')
    here.store.read = read

    expect(await outcomesInOutage(here, cookie)).toEqual(new Set(['ended']))
  })

  it('that it ended, from an answer after the deadline', async () => {
    const { here, there, cookie } = await twoServers()
    const signal = here.sessions.watch(await here.sessions.open(cookie))
    await wait(0)
    await there.sessions.revokeAll('ada')
    const late = here.store.hold('read', 'after')
    await wait(0.8)
    await late.reached
    here.store.fail()
    await wait(0.6)
    late.release()
    await wait(0)
    expect(signal.reason).toBe('revoked')

    expect(await outcomesInOutage(here, cookie)).toEqual(new Set(['revoked']))
  })

  it('nothing of a renewal by its own request that is not saved yet', async () => {
    const { here, visitor, cookie } = await twoServers()
    const session = await here.sessions.open(cookie)
    session.renew()
    here.sessions.watch(session)
    await wait(1)
    visitor.receive(await here.sessions.commit(session))
    await wait(1)

    const outcomes = await outcomesInOutage(here, visitor.cookie)
    outcomes.delete('unavailable')
    expect(outcomes).toEqual(new Set(['unconfirmed']))
  })
})

describe('a notice', () => {
  /** A server that hears what a test says, and a visitor who is signed in there. */
  async function hearing() {
    let hear: ((notice: SessionNotice) => void) | undefined
    const store: SessionStore = {
      ...memoryStore(),
      watch(onNotice) {
        // This server listens first.
        hear ??= onNotice
        return () => {}
      },
    }
    const here = copyWorld({}, testStore(store))
    const visitor = await signedIn(here)
    const [record] = await here.store.records()
    const outcomes = async (cookie = visitor.cookie) => {
      const all = await outcomesInOutage(here, cookie)
      await isBack(here)
      all.delete('unavailable')
      return [...all]
    }
    return { here, visitor, record: record!, hear: hear!, outcomes }
  }

  it('that is forged signs nobody out: the store decides while it answers', async () => {
    const { here, visitor, record, hear, outcomes } = await hearing()
    hear({ id: record.id, isGuest: false, ended: 'revoked' })
    hear({ id: record.id, isGuest: false, replacedHash: record.secretHash, secretHash: 'other' })
    expect(await outcomes()).toEqual(['revoked'])

    await visit(here.sessions, visitor, (session) => void (session.data['cart'] = ['tea']))
    expect((await here.sessions.open(visitor.cookie)).outcome).toBe('active')
    expect(await outcomes()).toEqual(['unconfirmed'])
  })

  it('ends a watched session though the store does not answer', async () => {
    const { here, visitor, record, hear } = await hearing()
    const signal = here.sessions.watch(await here.sessions.open(visitor.cookie))
    await wait(0)
    here.store.read = async () => Promise.reject(gone)
    await wait(1)
    expect(signal.aborted).toBe(false)
    hear({ id: record.id, isGuest: false, ended: 'revoked' })
    await wait(1)
    expect(signal.reason).toBe('revoked')
  })

  it('ends the session of a guest that no store had confirmed when the cookie was set', async () => {
    const inner = memoryStore()
    const here = copyWorld({}, testStore(inner))
    const there = copyWorld({}, testStore(inner), here.clock)
    await signedIn(here)
    here.store.fail()
    const visitor = await guest(here)
    const { cookie } = visitor
    await isBack(here)
    await visit(there.sessions, visitor, (session) => void (session.data['cart'] = ['milk']))
    await visit(there.sessions, visitor, (session) => session.renew())
    await wait(0)

    expect(await outcomesInOutage(here, cookie)).toEqual(new Set(['ended']))
  })

  it('is not corrected by a read that started before it', async () => {
    const { here, visitor, record, hear, outcomes } = await hearing()
    const read = here.store.hold('read', 'after')
    const opening = here.sessions.open(visitor.cookie)
    await read.reached
    hear({ id: record.id, isGuest: false, ended: 'revoked' })
    read.release()
    await opening

    expect(await outcomes()).toEqual(['revoked'])
  })

  it('of an earlier renewal that arrives late revives no secret', async () => {
    const { record, hear, outcomes } = await hearing()
    const { id, secretHash } = record
    hear({ id, isGuest: false, replacedHash: secretHash, secretHash: 'next' })
    hear({ id, isGuest: false, replacedHash: 'before', secretHash })
    expect(await outcomes()).toEqual(['ended'])

    hear({ id, isGuest: false, replacedHash: 'next', secretHash })
    expect(await outcomes()).toEqual(['unconfirmed'])
  })

  it('of a renewal opens the new cookie of a session whose record was missing, and not the old one', async () => {
    const { here, visitor, record, hear, outcomes } = await hearing()
    const old = visitor.cookie
    await visit(here.sessions, visitor, (session) => session.renew())
    const { read } = here.store
    here.store.read = async () => null
    expect((await here.sessions.open(visitor.cookie)).outcome).toBe('ended')
    here.store.read = read
    expect(await outcomes()).toEqual(['ended'])

    const elsewhere = besides(here)
    const [{ secretHash: replacedHash }] = (await here.store.records()) as [typeof record]
    await visit(elsewhere.sessions, visitor, (session) => session.renew())
    const [{ secretHash }] = (await here.store.records()) as [typeof record]
    hear({ id: record.id, isGuest: false, replacedHash, secretHash })
    expect(await outcomes(old)).toEqual(['ended'])
    expect(await outcomes()).toEqual(['unconfirmed'])
  })
})

describe('an answer that comes late', () => {
  it('to a read from before a renewal does not make the old secret live again', async () => {
    const { here, there, visitor, cookie } = await twoServers()
    const late = here.store.hold('read', 'after')
    const opening = here.sessions.open(cookie)
    await late.reached
    await wait(0.6)
    await opening
    await visit(there.sessions, visitor, (session) => session.renew())
    expect((await here.sessions.open(cookie)).outcome).toBe('ended')
    late.release()
    await wait(0)

    expect(await outcomesInOutage(here, cookie)).toEqual(new Set(['ended']))
  })
})
