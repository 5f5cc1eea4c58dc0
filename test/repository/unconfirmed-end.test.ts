import { describe, expect, it } from 'vitest'
import { isEnding, TooFewReplicas, type SessionStore } from '../../src/stores/store.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { stopTime, eventsOf, wait } from '../support/outages.ts'
import { signedIn, visit } from '../support/sessions.ts'
import { storeWorld, testStore } from '../support/stores.ts'

stopTime()

/** A store whose replicas answer or do not, and which a failover sets back to what they have. */
function replicatedStore() {
  const primary = memoryStore()
  const state = { lacks: false, primary: primary as SessionStore }
  const tooFew = new TooFewReplicas('None has answered.')
  const store = testStore({
    ...primary,
    async create(record, options) {
      const created = await state.primary.create(record, options)
      if (created.result === 'created' && state.lacks) throw tooFew
      return created
    },
    read: async (key) => state.primary.read(key),
    async update(key, held, change) {
      const version = await state.primary.update(key, held, change)
      if (version !== null && change.secretHash !== undefined && state.lacks) throw tooFew
      return version
    },
    async end(key, ending) {
      const isEnded = await state.primary.end(key, ending)
      if (!state.lacks) return isEnded
      if (!isEnded) throw tooFew
      return 'unconfirmed'
    },
    async endAll(userId, ending, except) {
      const result = await state.primary.endAll(userId, ending, except)
      if (!state.lacks) return result
      const cutoff = { at: Date.now(), spared: except?.id ?? null, expiresAt: ending.expiresAt }
      return { ...result, isConfirmed: false, cutoff }
    },
    async putCutoff(userId, cutoff) {
      await state.primary.putCutoff!(userId, cutoff)
      if (state.lacks) throw tooFew
    },
    list: async (userId) => state.primary.list(userId),
  })
  return {
    store,
    state,
    /** Lets the primary continue as it is now, and returns what restores it. */
    async keep(): Promise<() => void> {
      const copy = memoryStore()
      for await (const entry of primary.all!())
        if ('key' in entry && !isEnding(entry.found)) await copy.create(entry.found)
      return () => void (state.primary = copy)
    },
  }
}

describe('a session that ended where too few replicas answer', () => {
  it('is reported as not confirmed, refused here, and ended again until they do', async () => {
    const { store, state } = replicatedStore()
    const visited = storeWorld({}, store)
    const [one, other] = [await signedIn(visited), await signedIn(visited)]
    const { id } = await visited.sessions.open(one.cookie)
    const { id: otherId } = await visited.sessions.open(other.cookie)
    state.lacks = true

    expect(await visited.sessions.revoke('ada', id!)).toEqual({ ended: 1, confirmed: false })
    await visit(visited.sessions, other, (session) => session.signOut())
    await wait(5)
    expect(eventsOf(visited, 'ended')).toEqual([
      { type: 'ended', reason: 'revoked', id, userId: 'ada', confirmed: false },
      { type: 'ended', reason: 'signed-out', id: otherId, userId: 'ada', confirmed: false },
    ])
    state.lacks = false
    await wait(2)
    expect(eventsOf(visited, 'ended').slice(2)).toEqual([
      { type: 'ended', reason: 'revoked', id, userId: null, confirmed: true },
      { type: 'ended', reason: 'signed-out', id: otherId, userId: null, confirmed: true },
    ])
    store.calls.length = 0
    await wait(5)
    expect(store.calls).toEqual([])
  })

  it('is refused here also while it is back, and ended for good', async () => {
    const { store, state, keep } = replicatedStore()
    const visited = storeWorld({}, store)
    const elsewhere = storeWorld({}, store, visited.clock)
    const { cookie } = await signedIn(visited)
    const { id } = await visited.sessions.open(cookie)
    const failOver = await keep()
    state.lacks = true
    expect((await visited.sessions.revoke('ada', id!)).confirmed).toBe(false)
    failOver()

    expect((await visited.sessions.open(cookie)).outcome).toBe('revoked')
    expect((await elsewhere.sessions.open(cookie)).outcome).toBe('active')
    await wait(2)
    expect((await elsewhere.sessions.open(cookie)).outcome).toBe('revoked')
    expect(eventsOf(visited, 'ended')).toHaveLength(1)
    state.lacks = false
    await wait(2)
    expect(eventsOf(visited, 'ended')).toHaveLength(2)
  })

  it('is confirmed to nobody who asks again, at any server, until they do', async () => {
    const { store, state } = replicatedStore()
    const visited = storeWorld({}, store)
    const elsewhere = storeWorld({}, store, visited.clock)
    const { cookie } = await signedIn(visited)
    const { id } = await visited.sessions.open(cookie)
    state.lacks = true
    await visited.sessions.revoke('ada', id!)

    expect(await elsewhere.sessions.revoke('ada', id!)).toEqual({ ended: 0, confirmed: false })
    state.lacks = false
    expect(await elsewhere.sessions.revoke('ada', id!)).toEqual({ ended: 0, confirmed: true })
  })

  it.each(['one server', 'two servers'])('is confirmed to neither of two who end it at once at %s', async (where) => {
    const { store, state } = replicatedStore()
    const visited = storeWorld({}, store)
    const other = where === 'one server' ? visited : storeWorld({}, store, visited.clock)
    const { cookie } = await signedIn(visited)
    const { id } = await visited.sessions.open(cookie)
    state.lacks = true

    const both = [visited, other].map(async ({ sessions }) => sessions.revoke('ada', id!))
    expect(await Promise.all(both)).toEqual([
      { ended: 1, confirmed: false },
      { ended: 0, confirmed: false },
    ])
    const all = [visited, other].map(async ({ sessions }) => sessions.revokeAll('ada'))
    expect(await Promise.all(all)).toEqual(Array(2).fill({ ended: 0, confirmed: false, exceptEnded: false }))
    state.lacks = false
    await wait(2)
    const confirmed = { type: 'ended', reason: 'revoked', id, userId: null, confirmed: true }
    for (const each of [visited, other]) {
      const ends = eventsOf(each, 'ended')
      expect(ends.filter((event) => event.type === 'ended' && event.confirmed)).toEqual([confirmed])
      expect(ends).toHaveLength(each === visited ? 2 : 1)
    }
  })

  it('is not another user’s whose id is named: that session stays, and its own end is still repeated', async () => {
    const { store, state, keep } = replicatedStore()
    const visited = storeWorld({}, store)
    const [one, other] = [await signedIn(visited), await signedIn(visited)]
    const [{ id }, { id: otherId }] = [
      await visited.sessions.open(one.cookie),
      await visited.sessions.open(other.cookie),
    ]
    const failOver = await keep()
    state.lacks = true
    await visited.sessions.revoke('ada', id!)
    for (const each of [id!, otherId!])
      expect(await visited.sessions.revoke('eve', each)).toEqual({ ended: 0, confirmed: false })
    failOver()
    state.lacks = false
    await wait(2)

    expect((await visited.sessions.open(other.cookie)).userId).toBe('ada')
    expect((await storeWorld({}, store, visited.clock).sessions.open(one.cookie)).outcome).toBe('revoked')
  })

  it('is ended again by each of two who ended it at once, should the other be gone', async () => {
    const { store, state, keep } = replicatedStore()
    const visited = storeWorld({}, store)
    const [first, second] = [testStore(store), testStore(store)]
    const gone = storeWorld({}, first, visited.clock)
    const stays = storeWorld({}, second, visited.clock)
    const { cookie } = await signedIn(visited)
    const { id } = await visited.sessions.open(cookie)
    const failOver = await keep()
    state.lacks = true
    const both = [gone, stays].map(async ({ sessions }) => sessions.revoke('ada', id!))
    expect(await Promise.all(both)).toEqual([
      { ended: 1, confirmed: false },
      { ended: 0, confirmed: false },
    ])
    first.fail()
    failOver()
    expect((await visited.sessions.open(cookie)).outcome).toBe('active')

    await wait(2)
    expect((await visited.sessions.open(cookie)).outcome).toBe('revoked')
  })

  it('is one of all sessions of a user, whose cutoff is reported the same way', async () => {
    const { store, state } = replicatedStore()
    const visited = storeWorld({}, store)
    await signedIn(visited)
    state.lacks = true

    expect(await visited.sessions.revokeAll('ada')).toMatchObject({ ended: 1, confirmed: false })
    expect(await visited.sessions.revokeAll('ada')).toMatchObject({ ended: 0, confirmed: false })
    state.lacks = false
    await wait(2)
    expect(await visited.sessions.revokeAll('ada')).toMatchObject({ ended: 0, confirmed: true })
  })
})

it('a session that no store had seen ends all the same', async () => {
  const { store, state } = replicatedStore()
  const before = storeWorld({ store: undefined })
  const { cookie } = await signedIn(before)
  const visited = storeWorld({}, store, before.clock)
  state.lacks = true
  store.fail(['create'], 'before', 1)
  const leaving = await visited.sessions.open(cookie)
  expect(leaving.outcome).toBe('unavailable')
  leaving.signOut()
  await visited.sessions.commit(leaving)

  expect((await storeWorld({}, store, before.clock).sessions.open(cookie)).outcome).toBe('ended')
  expect(eventsOf(visited, 'ended')).toMatchObject([{ confirmed: false }])
  state.lacks = false
  await wait(2)
  expect(eventsOf(visited, 'ended')).toMatchObject([{ confirmed: false }, { confirmed: true }])
})

it('a revocation of all is repeated if a failover lost it, so that no sign-in of before gets in', async () => {
  const { store, state, keep } = replicatedStore()
  const visited = storeWorld({}, store)
  const late = await visited.sessions.open(null)
  const failOver = await keep()
  state.lacks = true
  expect((await visited.sessions.revokeAll('ada')).confirmed).toBe(false)
  failOver()
  await wait(2)
  state.lacks = false
  await wait(2)
  late.signIn('ada')

  await expect(visited.sessions.commit(late)).rejects.toMatchObject({ code: 'ERR_SIGN_IN_REFUSED' })
  expect(await visited.sessions.list('ada')).toEqual([])
  store.calls.length = 0
  await wait(5)
  expect(store.calls).toEqual([])
})

describe('while too few replicas answer', () => {
  it('a sign-in is answered with 503, and undone', async () => {
    const { store, state } = replicatedStore()
    const visited = storeWorld({}, store)
    state.lacks = true

    await expect(signedIn(visited)).rejects.toMatchObject({ code: 'ERR_SESSION_UNAVAILABLE', status: 503 })
    await wait(1)
    expect(await visited.sessions.list('ada')).toEqual([])
    state.lacks = false
    await wait(2)
    expect((await signedIn(visited)).cookie).toBeTruthy()
  })

  it('a renewal is answered with 503, and sets no cookie', async () => {
    const { store, state } = replicatedStore()
    const visited = storeWorld({}, store)
    const visitor = await signedIn(visited)
    const { cookie } = visitor
    state.lacks = true

    await expect(visit(visited.sessions, visitor, (session) => session.renew())).rejects.toMatchObject({ status: 503 })
    expect(visitor.cookie).toBe(cookie)
  })

  it('the store does not count as down, however often that is', async () => {
    const { store, state } = replicatedStore()
    const visited = storeWorld({}, store)
    const visitor = await signedIn(visited)
    state.lacks = true
    for (let times = 0; times < 10; times++)
      await expect(signedIn(visited, 'eve')).rejects.toMatchObject({ status: 503 })

    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('active')
    await wait(20)
    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('active')
    expect(eventsOf(visited, 'store-down')).toHaveLength(1)
    state.lacks = false
    await signedIn(visited)
    expect(eventsOf(visited, 'store-up')).toHaveLength(1)
  })
})
