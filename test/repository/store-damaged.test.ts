import { describe, expect, it } from 'vitest'
import type { SessionStore } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { eventsOf } from '../support/outages.ts'
import { request, signedIn, visit } from '../support/sessions.ts'
import { storeWorld, testStore } from '../support/stores.ts'

type Found = Record<string, any>

/** Sessions in a store that returns what is damaged from now on. */
function damagedWorld(damage: (found: Found) => Found) {
  let isDamaged = false
  const inner = memoryStore()
  const damaged = <Kind extends object | null>(found: Kind): Kind =>
    found !== null && isDamaged ? (damage({ ...found } as Found) as Kind) : found
  const store: SessionStore = {
    ...inner,
    read: async (key) => damaged(await inner.read(key)),
    list: async (userId) => (await inner.list(userId)).map(damaged),
  }
  const visited = storeWorld({}, testStore(store))
  return { ...visited, inner, damage: () => void (isDamaged = true), repair: () => void (isDamaged = false) }
}

describe('a damaged time', () => {
  it.each<[damage: Found, outcome: string]>([
    [{ lastSeenAt: NaN }, 'idle'],
    [{ lastSeenAt: 'x' }, 'idle'],
    [{ lastSeenAt: undefined, createdAt: NaN, signedInAt: NaN, expiresAt: NaN }, 'idle'],
    [{ signedInAt: NaN, createdAt: NaN }, 'expired'],
    [{ version: NaN }, 'idle'],
    [{ idleTimeout: NaN }, 'idle'],
    [{ absoluteTimeout: 'x' }, 'expired'],
  ])('ends the session: %o', async (damage, outcome) => {
    const visited = damagedWorld((found) => ({ ...found, ...damage }))
    const visitor = await signedIn(visited)
    visited.damage()

    expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ outcome, userId: null })
    expect(await visited.sessions.list('ada')).toEqual('version' in damage ? [expect.anything()] : [])
    expect(eventsOf(visited, 'store-down')).toEqual([])
  })

  it.each([{ expiresAt: NaN }, { createdAt: NaN }, { signedInAt: 'x' }])(
    'that another time can stand for costs nothing: %o',
    async (damage) => {
      const visited = damagedWorld((found) => ({ ...found, ...damage }))
      const visitor = await signedIn(visited)
      visited.damage()

      const session = await visited.sessions.open(visitor.cookie)
      expect(session).toMatchObject({ outcome: 'active', userId: 'ada' })
      expect(session.signedInWithin(60)).toBe(!('signedInAt' in damage))
      for (const info of await visited.sessions.list('ada'))
        expect(() => new Date(info.createdAt + info.lastSeenAt + info.expiresAt).toISOString()).not.toThrow()
    },
  )

  it('does not keep the session from being revoked', async () => {
    const visited = damagedWorld((found) => ({
      ...found,
      lastSeenAt: NaN,
      signedInAt: NaN,
      createdAt: NaN,
      expiresAt: NaN,
    }))
    const visitor = await signedIn(visited)
    visited.damage()
    await visited.sessions.revokeAll('ada')
    visited.repair()

    expect((await visited.sessions.open(visitor.cookie)).outcome).toBe('revoked')
  })
})

describe('a damaged ending', () => {
  it.each<[damage: Found, outcome: string]>([
    [{ endedAt: NaN, expiresAt: NaN }, 'revoked'],
    [{ ended: 'x' }, 'ended'],
    [{ ended: '', expiresAt: undefined }, 'ended'],
  ])('still ends the session: %o', async (damage, outcome) => {
    const visited = damagedWorld((found) => ('ended' in found ? { ...found, ...damage } : found))
    const visitor = await signedIn(visited)
    // Another server does it, because the one that ended a session knows that it is over.
    await storeWorld({}, testStore(visited.inner)).sessions.revokeAll('ada')
    visited.damage()

    for (let times = 0; times < 6; times++) expect((await visited.sessions.open(visitor.cookie)).outcome).toBe(outcome)
    expect(eventsOf(visited, 'store-down')).toEqual([])
  })
})

describe('damaged data', () => {
  it.each([null, undefined, 'x', 7])('that is %j costs the data, not the sign-in', async (data) => {
    const visited = damagedWorld((found) => ({ ...found, data }))
    const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
    visited.damage()
    const session = await visited.sessions.open(visitor.cookie)

    expect(session).toMatchObject({ outcome: 'unreadable', userId: 'ada', data: {} })
    await visited.sessions.commit(session)
  })

  it.each(['{broken', '7', 'null', '"text"', '[1,"info"]', '{"0":1,"1":"info","2":"x"}', ''])(
    'of a message drops that message, once: %s',
    async (text) => {
      const visited = damagedWorld((found) => ({ ...found, data: { ...found['data'], 'flash.damaged': text } }))
      const visitor = await signedIn(visited)
      await visit(visited.sessions, visitor, (session) => session.flash('info', 'kept'))
      visited.damage()
      const takeFlashes = async () => {
        let messages: unknown
        await request(visited.sessions, visitor.cookie, (session) => void (messages = session.takeFlashes()))
        return messages
      }

      expect(await takeFlashes()).toEqual([{ category: 'info', message: 'kept' }])
      visited.repair()
      expect(await takeFlashes()).toEqual([])
    },
  )
})
