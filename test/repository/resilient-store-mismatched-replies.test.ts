import { describe, expect, it } from 'vitest'
import type { Session, SessionStore } from '../../src/index.ts'
import { isEnding, type SessionKey } from '../../src/stores/store.ts'
import { besides, copyWorld, isBack, stopTime } from '../support/outages.ts'
import { guest, signedIn, world } from '../support/sessions.ts'
import { storeWorld, testStore } from '../support/stores.ts'

stopTime()

/** A store whose client gives each reader the answer that the one before was to have, from when it goes wrong on. */
function crossing() {
  const inner = testStore()
  let last: Awaited<ReturnType<SessionStore['read']>> = null
  let isCrossed = false
  return {
    ...inner,
    async read(key: SessionKey) {
      const found = await inner.read(key)
      const given = isCrossed ? last : found
      last = found
      return given
    },
    goWrong: () => (isCrossed = true),
    goRight: () => (isCrossed = false),
  }
}

describe('OpenAI, 20 March 2023: a client that gives one caller the answer that was for another', () => {
  it.each([0, 600])('opens no session as another user’s, and signs nobody out, with copies for %i s', async (s) => {
    const store = crossing()
    const visited = copyWorld({ unconfirmedFor: s }, store)
    const people = ['ada', 'eve', 'joe']
    const visitors = await Promise.all(
      people.map(async (userId) => signedIn(visited, userId, { data: { owner: userId } })),
    )
    const shopper = await guest(visited, { owner: null })
    const all = [...visitors, shopper].map(({ cookie }, index) => ({ cookie, owner: people[index] ?? null }))
    for (const { cookie } of all) await visited.sessions.open(cookie)
    store.goWrong()
    const outcomes = new Set<string>()
    for (let times = 0; times < 12; times++) {
      for (const { cookie, owner } of all) {
        const session = await visited.sessions.open(cookie)
        outcomes.add(session.outcome)
        // An empty reply of another caller looks like one's own empty reply; it changes no cookie.
        if (session.outcome === 'active') expect(session).toMatchObject({ userId: owner, data: { owner } })
        else expect(['unavailable', 'ended']).toContain(session.outcome)
        expect((await visited.sessions.commit(session)).getSetCookie()).toEqual([])
      }
    }
    if (s === 0) expect([...outcomes]).toEqual(['unavailable'])
    store.goRight()
    await isBack({ store })

    for (const [index, { cookie }] of visitors.entries())
      expect(await visited.sessions.open(cookie)).toMatchObject({ outcome: 'active', userId: people[index] })
  })

  it('shows and ends no session of another user if the list is another user’s', async () => {
    const inner = testStore()
    const visited = storeWorld({}, inner)
    await signedIn(visited, 'ada')
    const eve = await signedIn(visited, 'eve')
    const mismatched = storeWorld({}, { ...inner, list: async () => inner.list('eve') }, visited.clock)

    expect(await mismatched.sessions.list('ada')).toEqual([])
    await mismatched.sessions.revokeAll('ada')
    expect((await visited.sessions.open(eve.cookie)).userId).toBe('eve')
  })
})

describe('a store that answers what is no answer', () => {
  it.each([
    ['nothing', undefined],
    ['a text', 'no'],
    ['an empty object', {}],
    ['an empty list', []],
    ['a number', 1],
    ['a record without times', { id: 'an-id', secretHash: 'a' }],
  ])('signs nobody out: %s', async (_, answer) => {
    const inner = testStore()
    const visited = storeWorld({}, inner)
    const { cookie } = await signedIn(visited)
    const wrong = world({ store: { ...inner, read: async () => answer as never } }, visited.clock)
    const session = await wrong.sessions.open(cookie)

    expect(session.outcome).toBe('unavailable')
    expect((await wrong.sessions.commit(session)).getSetCookie()).toEqual([])
    expect((await visited.sessions.open(cookie)).userId).toBe('ada')
  })
})

it('GitHub, March 2021: work after the response writes into no other’s session, nor into its own', async () => {
  const visited = copyWorld()
  const [ada, eve] = [await signedIn(visited, 'ada'), await signedIn(visited, 'eve')]
  const kept: Session[] = []
  for (const { cookie } of [ada, eve]) {
    const session = await visited.sessions.open(cookie)
    void session.data
    await visited.sessions.commit(session)
    kept.push(session)
  }
  for (const session of kept) {
    expect(() => session.flash('info', 'late')).toThrow(expect.objectContaining({ code: 'ERR_COMMITTED' }))
    expect(() => (session.data['late'] = 1)).toThrow(TypeError)
  }

  for (const found of await visited.store.records()) expect(!isEnding(found) && found.data).toEqual({})
})

it('CVE-2026-84321 (nginx-ui): a session that was revoked stays so, whatever outage comes and goes', async () => {
  const visited = copyWorld()
  const there = besides(visited)
  const { cookie } = await signedIn(visited, 'ada')
  await visited.sessions.revokeAll('ada')
  expect((await there.sessions.open(cookie)).outcome).toBe('revoked')
  there.store.fail()
  for (let times = 0; times < 9; times++) expect((await there.sessions.open(cookie)).outcome).toBe('revoked')
  visited.clock.advance(600)
  expect((await there.sessions.open(cookie)).outcome).toBe('revoked')
  await isBack(there)

  expect((await there.sessions.open(cookie)).outcome).toBe('revoked')
})
