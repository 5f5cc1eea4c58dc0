import { describe, expect, it } from 'vitest'
import { day, hour } from '../support/clock.ts'
import { guest, request, signedIn, visit, world } from '../support/sessions.ts'
import { storeWorld } from '../support/stores.ts'

describe('list', () => {
  it('shows a user’s live sessions, the last used first, and no more of them than people may see', async () => {
    const visited = storeWorld()
    await guest(visited)
    const first = await signedIn(visited, 'ada', { label: 'Firefox', data: { cart: ['tea'] } })
    visited.clock.advance(60)
    await signedIn(visited, 'ada', { label: 'Opera', remember: false })
    await signedIn(visited, 'eve')
    visited.clock.advance(2 * hour)
    await visit(visited.sessions, first)

    const list = await visited.sessions.list('ada')
    expect(list.map(({ label }) => label)).toEqual(['Firefox', 'Opera'])
    expect(Object.keys(list[0]!).toSorted()).toEqual(
      'absoluteTimeout createdAt expiresAt id idleTimeout label lastSeenAt methods remember signedInAt userId'.split(
        ' ',
      ),
    )
    expect(await visited.sessions.list('nobody')).toEqual([])
  })

  it('shows no session that has idled out or expired, although its record is still there', async () => {
    const visited = storeWorld({ absoluteTimeout: 10 * day })
    const busy = await signedIn(visited)
    await signedIn(visited)
    visited.clock.advance(6 * day)
    await visit(visited.sessions, busy)
    expect(await visited.sessions.list('ada')).toHaveLength(2)
    visited.clock.advance(day)
    expect(await visited.sessions.list('ada')).toHaveLength(1)
    visited.clock.advance(3 * day)
    expect(await visited.sessions.list('ada')).toEqual([])
    expect(await visited.store.records()).toHaveLength(2)
  })

  it('shows no more where a store gives whole records', async () => {
    const visited = storeWorld()
    await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
    const store = { ...visited.store, list: async () => visited.store.records() }
    const [session] = await storeWorld({ store }, undefined, visited.clock).sessions.list('ada')

    for (const secret of ['secretHash', 'data', 'version']) expect(session).not.toHaveProperty(secret)
  })

  it('shows no session of another user, whatever a store returns', async () => {
    const visited = storeWorld()
    await signedIn(visited, 'eve')
    const store = { ...visited.store, list: async () => visited.store.list('eve') }

    expect(await storeWorld({ store }, undefined, visited.clock).sessions.list('ada')).toEqual([])
  })
})

describe('revoke', () => {
  it('ends one session of the user, and returns that', async () => {
    const visited = storeWorld()
    const [one, other] = [await signedIn(visited), await signedIn(visited)]
    const { id } = await visited.sessions.open(one.cookie)

    expect(await visited.sessions.revoke('ada', id!)).toEqual({ ended: 1, confirmed: true })
    expect(await visited.sessions.open(one.cookie)).toMatchObject({ outcome: 'revoked', userId: null })
    expect((await visited.sessions.open(other.cookie)).userId).toBe('ada')
    expect(visited.events).toContainEqual({ type: 'ended', reason: 'revoked', id, userId: 'ada', confirmed: true })
    expect(await visited.sessions.revoke('ada', id!)).toEqual({ ended: 0, confirmed: true })
  })

  it('ends nothing of another user, of a guest, or of nobody', async () => {
    const visited = storeWorld()
    const visitors = [await signedIn(visited, 'ada'), await guest(visited)]
    for (const { cookie } of visitors) {
      const { id } = await visited.sessions.open(cookie)
      expect(await visited.sessions.revoke('eve', id!)).toEqual({ ended: 0, confirmed: true })
      expect((await visited.sessions.open(cookie)).outcome).toBe('active')
    }
  })

  it('asks no store for what cannot be an id', async () => {
    const visited = storeWorld()
    await visited.sessions.revokeAll('ada')
    visited.store.calls.length = 0
    const hostile = ['', '../../etc/passwd', 'a b', 'a\0', 'é', 'x'.repeat(129), '*', 'a:b', null, undefined, {}, ['a']]
    for (const id of hostile) expect(await visited.sessions.revoke('ada', id as string)).toMatchObject({ ended: 0 })

    expect(visited.store.calls).toEqual([])
  })

  it.each([null, undefined, '', 0, {}])('takes no user %j, so that no guest’s session can be named', async (nobody) => {
    const visited = storeWorld()
    const visitor = await guest(visited)
    const { id } = await visited.sessions.open(visitor.cookie)
    const refused = { code: 'ERR_USER_ID' }
    await expect(visited.sessions.revoke(nobody as string, id!)).rejects.toMatchObject(refused)
    await expect(visited.sessions.revokeAll(nobody as string)).rejects.toMatchObject(refused)
    await expect(visited.sessions.list(nobody as string)).rejects.toMatchObject(refused)

    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('active')
  })

  it('is not undone by a request under way', async () => {
    const visited = storeWorld({ touchAfter: 0 })
    const visitor = await signedIn(visited)
    const slow = await visited.sessions.open(visitor.cookie)
    await visited.sessions.revoke('ada', slow.id!)
    slow.data['cart'] = ['tea']

    expect((await visited.sessions.commit(slow)).getSetCookie()).toEqual([])
    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('revoked')
  })
})

it('sessions without a store are not revocable, and say what to do', async () => {
  const { sessions } = world()
  expect(sessions.revocable).toBe(false)
  expect(storeWorld().sessions.revocable).toBe(true)
  for (const ask of [sessions.list('ada'), sessions.revoke('ada', 'x'), sessions.revokeAll('ada')]) {
    await expect(ask).rejects.toMatchObject({ code: 'ERR_NO_STORE' })
  }
  expect(await request(sessions, null)).toBeInstanceOf(Headers)
})
