import { describe, expect, it } from 'vitest'
import { browser } from '../support/browser.ts'
import { guest, signedIn } from '../support/sessions.ts'
import { storeWorld, testStore } from '../support/stores.ts'

describe('revokeAll', () => {
  it('ends all sessions of the user, and no others', async () => {
    const visited = storeWorld()
    const ada = [await signedIn(visited), await signedIn(visited), await signedIn(visited)]
    const [eve, shopper] = [await signedIn(visited, 'eve'), await guest(visited)]

    expect(await visited.sessions.revokeAll('ada')).toEqual({ ended: 3, confirmed: true, exceptEnded: false })
    for (const { cookie } of ada) expect((await visited.sessions.open(cookie)).outcome).toBe('revoked')
    for (const { cookie } of [eve, shopper]) expect((await visited.sessions.open(cookie)).outcome).toBe('active')
  })

  it('spares the one that is given', async () => {
    const visited = storeWorld()
    const [one, other] = [await signedIn(visited), await signedIn(visited)]
    const except = await visited.sessions.open(one.cookie)

    expect(await visited.sessions.revokeAll('ada', { except })).toMatchObject({ ended: 1 })
    expect((await visited.sessions.open(one.cookie)).userId).toBe('ada')
    expect((await visited.sessions.open(other.cookie)).outcome).toBe('revoked')
  })

  it('spares the session that signs in with this very request, also if that is passed before its commit', async () => {
    const visited = storeWorld()
    const other = await signedIn(visited)
    const visitor = browser({ now: visited.clock.now })
    const session = await visited.sessions.open(null)
    session.signIn('ada')
    expect(await visited.sessions.revokeAll('ada', { except: session })).toMatchObject({ ended: 1 })
    visitor.receive(await visited.sessions.commit(session))

    expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')
    expect((await visited.sessions.open(other.cookie)).outcome).toBe('revoked')
  })

  it('spares the one that is being renewed', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited)
    const session = await visited.sessions.open(visitor.cookie)
    session.renew()
    await visited.sessions.revokeAll('ada', { except: session })
    visitor.receive(await visited.sessions.commit(session))

    expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')
  })

  it.each([
    [
      'of another user',
      async (visited: ReturnType<typeof storeWorld>) => visited.sessions.open((await signedIn(visited, 'eve')).cookie),
    ],
    [
      'of a guest',
      async (visited: ReturnType<typeof storeWorld>) => visited.sessions.open((await guest(visited)).cookie),
    ],
    ['of nobody', async (visited: ReturnType<typeof storeWorld>) => visited.sessions.open(null)],
    [
      'that signed out',
      async (visited: ReturnType<typeof storeWorld>) => {
        const session = await visited.sessions.open((await signedIn(visited)).cookie)
        session.signOut()
        return session
      },
    ],
  ])('refuses to spare a session %s, with words, and ends nothing', async (_, make) => {
    const visited = storeWorld()
    const visitor = await signedIn(visited)
    const except = await make(visited)

    await expect(visited.sessions.revokeAll('ada', { except })).rejects.toMatchObject({ code: 'ERR_OPTIONS' })
    expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')
  })

  it('does nothing when the one to spare has ended meanwhile, and says so', async () => {
    const visited = storeWorld()
    const [one, other] = [await signedIn(visited), await signedIn(visited)]
    const except = await visited.sessions.open(one.cookie)
    await visited.sessions.revoke('ada', except.id!)

    expect(await visited.sessions.revokeAll('ada', { except })).toEqual({
      ended: 0,
      confirmed: true,
      exceptEnded: true,
    })
    expect((await visited.sessions.open(other.cookie)).userId).toBe('ada')
  })

  it('ends sessions that a server with a clock ahead of ours signed in', async () => {
    const visited = storeWorld()
    const ahead = storeWorld({ now: () => visited.clock.now() + 60_000 }, visited.store, visited.clock)
    const visitor = await signedIn(ahead)
    await visited.sessions.revokeAll('ada')

    expect((await ahead.sessions.open(visitor.cookie)).outcome).toBe('revoked')
  })

  it('says when replicas did not answer', async () => {
    const store = testStore()
    const visited = storeWorld(
      { store: { ...store, endAll: async (...args) => ({ ...(await store.endAll(...args)), isConfirmed: false }) } },
      store,
    )
    await signedIn(visited)

    expect(await visited.sessions.revokeAll('ada')).toMatchObject({ ended: 1, confirmed: false })
  })

  it('lets the user sign in afterwards, also in the same millisecond', async () => {
    const visited = storeWorld()
    await visited.sessions.revokeAll('ada')
    const visitor = await signedIn(visited)

    expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')
  })
})

describe('a sign-in that is under way during revokeAll', () => {
  it.each([0, 1, 60])('is refused, where it was opened before: %s seconds', async (seconds) => {
    const visited = storeWorld()
    const session = await visited.sessions.open(null)
    visited.clock.advance(seconds)
    await visited.sessions.revokeAll('ada')
    session.signIn('ada')

    await expect(visited.sessions.commit(session)).rejects.toMatchObject({ code: 'ERR_SIGN_IN_REFUSED', status: 409 })
    expect(visited.events.at(-1)).toMatchObject({ type: 'refused', userId: 'ada' })
    expect((await visited.sessions.commit(session, { failed: true })).getSetCookie()).toEqual([])
    expect(await visited.sessions.list('ada')).toEqual([])
  })

  it('is kept where it was opened after, and the revocation took its time', async () => {
    const visited = storeWorld()
    const ending = visited.store.hold('endAll', 'after')
    const revoking = visited.sessions.revokeAll('ada')
    await ending.reached
    const visitor = await signedIn(visited)
    ending.release()
    expect(await revoking).toMatchObject({ ended: 0 })

    expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')
  })

  it.each(['before', 'after'] as const)(
    'is ended or refused, whichever comes first: its record %s the cutoff',
    async (order) => {
      const visited = storeWorld()
      const session = await visited.sessions.open(null)
      session.signIn('ada')
      const creating = visited.store.hold('create', order === 'before' ? 'after' : 'before')
      const committing = visited.sessions.commit(session)
      await creating.reached
      await visited.sessions.revokeAll('ada')
      creating.release()

      await expect(committing).rejects.toMatchObject({ code: 'ERR_SIGN_IN_REFUSED' })
      expect(await visited.sessions.list('ada')).toEqual([])
    },
  )

  it('of another user is kept', async () => {
    const visited = storeWorld()
    const session = await visited.sessions.open(null)
    await visited.sessions.revokeAll('eve')
    session.signIn('ada')

    expect((await visited.sessions.commit(session)).getSetCookie()).toHaveLength(1)
  })

  it('does not get in by sparing itself', async () => {
    const visited = storeWorld()
    const thief = await visited.sessions.open(null)
    thief.signIn('ada')
    await visited.sessions.revokeAll('ada')
    const owner = await signedIn(visited)

    expect(await visited.sessions.revokeAll('ada', { except: thief })).toMatchObject({ ended: 0, exceptEnded: true })
    await expect(visited.sessions.commit(thief)).rejects.toMatchObject({ code: 'ERR_SIGN_IN_REFUSED' })
    expect((await visited.sessions.open(owner.cookie)).userId).toBe('ada')
  })

  it.each([
    ['at another server', 0],
    ['at a server whose clock is behind', -30],
  ])('%s is refused as well, also if its session was another user’s', async (_, seconds) => {
    const visited = storeWorld()
    const other = storeWorld({ now: () => visited.clock.now() + seconds * 1000 }, visited.store, visited.clock)
    const { cookie } = await signedIn(visited, 'eve')
    for (const session of [await other.sessions.open(null), await other.sessions.open(cookie)]) {
      await visited.sessions.revokeAll('ada')
      session.signIn('ada')
      await expect(other.sessions.commit(session)).rejects.toMatchObject({ code: 'ERR_SIGN_IN_REFUSED' })
    }
  })

  it('in two tabs of one session is no error: the tab that comes second keeps the cookie of the first', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited)
    const tabs = [await visited.sessions.open(visitor.cookie), await visited.sessions.open(visitor.cookie)]
    for (const session of tabs) {
      session.signIn('ada')
      visitor.receive(await visited.sessions.commit(session))
    }

    expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')
  })
})
