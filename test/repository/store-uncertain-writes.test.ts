import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { cookiesOf } from '../support/browser.ts'
import { guest, signedIn, visit, world } from '../support/sessions.ts'
import { gone, storeWorld, testStore } from '../support/stores.ts'

const user = '__Host-Http-session'
const unavailable = expect.objectContaining({ code: 'ERR_SESSION_UNAVAILABLE', status: 503, cause: gone })

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => vi.useRealTimers())

const aMomentLater = async () => vi.advanceTimersByTimeAsync(1000)

describe('a sign-in of which it is not known whether the store kept it', () => {
  it.each(['before', 'after'] as const)(
    'is a 503 without a cookie, and its id ends in the background: failed %s',
    async (point) => {
      const visited = storeWorld()
      const visitor = await guest(visited)
      visited.store.fail(['create', 'end'], point)
      const session = await visited.sessions.open(visitor.cookie)
      session.signIn('ada')
      await expect(visited.sessions.commit(session)).rejects.toEqual(unavailable)
      const headers = await visited.sessions.commit(session, { failed: true })

      expect(headers.getSetCookie()).toEqual([])
      await aMomentLater()
      visited.store.heal()
      await aMomentLater()
      expect(await visited.sessions.list('ada')).toEqual([])
      expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ userId: null, data: { cart: ['tea'] } })
    },
  )

  it('stays when the guest that it replaced cannot be ended at once; that is done later', async () => {
    const visited = storeWorld()
    const visitor = await guest(visited)
    const before = visitor.cookie
    visited.store.fail(['end'])
    await visit(visited.sessions, visitor, (session) => session.signIn('ada'))
    expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')
    expect((await visited.sessions.open(before)).outcome).toBe('ended')
    visited.store.heal()
    await aMomentLater()

    expect((await storeWorld({}, visited.store, visited.clock).sessions.open(before)).outcome).toBe('ended')
  })
})

describe('a sign-out that the store does not answer', () => {
  it.each(['before', 'after'] as const)(
    'clears the cookie, is refused here at once, and is asked again: failed %s',
    async (point) => {
      const visited = storeWorld()
      const visitor = await signedIn(visited)
      const { cookie } = visitor
      visited.store.fail(['end'], point)
      const headers = await visit(visited.sessions, visitor, (session) => session.signOut())

      expect(cookiesOf(headers)).toEqual({ [user]: '' })
      expect(visited.events.at(-1)).toMatchObject({
        type: 'ended',
        reason: 'signed-out',
        userId: 'ada',
        confirmed: false,
      })
      expect((await visited.sessions.open(cookie)).outcome).toBe('ended')
      for (let times = 0; times < 3; times++) await aMomentLater()
      visited.store.heal()
      await aMomentLater()
      expect(visited.events.at(-1)).toMatchObject({ type: 'ended', reason: 'signed-out', confirmed: true })
      expect((await storeWorld({}, visited.store, visited.clock).sessions.open(cookie)).outcome).toBe('ended')
      visited.store.calls.length = 0
      await aMomentLater()
      expect(visited.store.calls).toEqual([])
    },
  )

  it('in an outage ends the session although nobody could look it up', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited)
    const { cookie } = visitor
    visited.store.fail()
    await visit(visited.sessions, visitor, (session) => session.signOut())
    expect(visitor.cookie).toBe('')
    visited.store.heal()
    expect((await visited.sessions.open(cookie)).outcome).toBe('ended')
    await aMomentLater()

    expect(await visited.sessions.list('ada')).toEqual([])
  })

  it('of a session from before the store leaves an ending, so that no request adopts it later', async () => {
    const before = world()
    const visitor = await signedIn(before)
    const { cookie } = visitor
    const after = storeWorld({}, testStore(), before.clock)
    after.store.fail()
    await visit(after.sessions, visitor, (session) => session.signOut())
    after.store.heal()
    await aMomentLater()

    expect((await storeWorld({}, after.store, before.clock).sessions.open(cookie)).outcome).toBe('ended')
  })

  it('holds up no other: one that the store never takes is asked behind the rest', async () => {
    const store = testStore()
    const visited = storeWorld({}, store)
    const visitors = [await signedIn(visited), await signedIn(visited), await signedIn(visited)]
    const { id } = await visited.sessions.open(visitors[0]!.cookie)
    const end = store.end.bind(store)
    store.end = async (key, ...rest) => (key.id === id ? Promise.reject(gone) : end(key, ...rest))
    store.fail(['end'])
    for (const visitor of visitors) await visit(visited.sessions, visitor, (session) => session.signOut())
    store.heal()
    for (let times = 0; times < 4; times++) await aMomentLater()

    expect((await visited.sessions.list('ada')).map((session) => session.id)).toEqual([id])
  })
})
