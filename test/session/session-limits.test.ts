import { describe, expect, it } from 'vitest'
import { explain, type SessionsOptions } from '../../src/index.ts'
import type { Browser } from '../support/browser.ts'
import { outcomesInOutage, quietStore } from '../support/outages.ts'
import { guest, request, signedIn, visit, world, type World } from '../support/sessions.ts'
import { distantStore, storeWorld, testStore } from '../support/stores.ts'

/** Signs in so many browsers, one second after another. */
async function signInMany(visited: World, count: number): Promise<Browser[]> {
  const visitors: Browser[] = []
  for (let times = 0; times < count; times++) {
    visitors.push(await signedIn(visited))
    visited.clock.advance(1)
  }
  return visitors
}

const outcomesOf = async ({ sessions }: World, visitors: readonly Browser[]) =>
  Promise.all(visitors.map(async ({ cookie }) => (await sessions.open(cookie)).outcome))

describe('a sign-in beyond maxSessions', () => {
  it('ends the session that began first, in the same step, at every server', async () => {
    const visited = storeWorld({ maxSessions: 2 })
    const visitors = await signInMany(visited, 2)
    // The last use does not matter.
    await visit(visited.sessions, visitors[0]!, (session) => (session.data['n'] = 1))
    visited.store.calls.length = 0
    visitors.push(await signedIn(visited))

    expect(visited.store.calls).toEqual(['create'])
    for (const server of [visited, storeWorld({}, visited.store, visited.clock)])
      expect(await outcomesOf(server, visitors)).toEqual(['limit', 'active', 'active'])
    expect(explain('limit').sentence).toMatch(/signed in on too many other devices/)
  })

  it('reports it as an event, aborts what watches it, and is known in an outage', async () => {
    // Without notices, so that the server knows it from its own sign-in.
    const visited = storeWorld({ maxSessions: 1, unconfirmedFor: 600 }, testStore(quietStore()))
    const [visitor] = await signInMany(visited, 1)
    const session = await visited.sessions.open(visitor!.cookie)
    const signal = visited.sessions.watch(session)
    await new Promise(setImmediate)
    await signedIn(visited)

    expect(visited.events).toContainEqual({
      type: 'ended',
      reason: 'limit',
      id: session.id,
      userId: 'ada',
      confirmed: true,
    })
    expect(signal.reason).toBe('limit')
    expect(await outcomesInOutage(visited, visitor!.cookie)).toEqual(new Set(['limit']))
  })

  it('is by default that of the 1,001st', async () => {
    const visited = storeWorld()
    const visitors = await signInMany(visited, 1001)

    expect(await outcomesOf(visited, visitors.slice(0, 2))).toEqual(['limit', 'active'])
    expect(await visited.sessions.list('ada')).toHaveLength(1000)
  })

  it('does not exist with Infinity', async () => {
    const visited = storeWorld({ maxSessions: Infinity })
    await signInMany(visited, 1100)

    expect(await visited.sessions.list('ada')).toHaveLength(1100)
  })

  it('ends as many as exceed a limit that was lowered', async () => {
    const visited = storeWorld()
    const visitors = await signInMany(visited, 5)
    visitors.push(await signedIn(storeWorld({ maxSessions: 2 }, visited.store, visited.clock)))

    expect(await outcomesOf(visited, visitors)).toEqual([...Array(4).fill('limit'), 'active', 'active'])
  })
})

describe('the limit does not count', () => {
  it('guests, other users, and sessions that ended or idled out', async () => {
    const visited = storeWorld({ maxSessions: 2, idleTimeout: 100, touchAfter: 0 })
    const idle = await signedIn(visited, 'ada', { forgetful: false })
    visited.clock.advance(100)
    const [shopper, eve, out] = [await guest(visited), await signedIn(visited, 'eve'), await signedIn(visited)]
    await visit(visited.sessions, out, (session) => session.signOut())
    const visitors = await signInMany(visited, 2)

    expect(await outcomesOf(visited, [...visitors, shopper, eve])).toEqual(Array(4).fill('active'))
    expect(await outcomesOf(visited, [idle])).toEqual(['idle'])
  })

  it('a renewal by the same user', async () => {
    const visited = storeWorld({ maxSessions: 1, onLimit: 'refuse' })
    const visitor = await signedIn(visited)
    await visit(visited.sessions, visitor, (session) => session.signIn('ada'))

    expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')
  })

  it.each(['end-oldest', 'refuse'] as const)('sessions that the store adopts (%s)', async (onLimit) => {
    const before = world()
    const visitors = await signInMany(before, 4)
    const visited = storeWorld({ maxSessions: 2, onLimit }, undefined, before.clock)

    expect(await outcomesOf(visited, visitors)).toEqual(Array(4).fill('active'))
    expect(await visited.sessions.list('ada')).toHaveLength(4)
  })

  it('anything without a store', async () => {
    const visited = world({ maxSessions: 1, onLimit: 'refuse' })

    expect(await outcomesOf(visited, await signInMany(visited, 3))).toEqual(Array(3).fill('active'))
  })
})

describe('200 sign-ins of one user at once, at two servers', () => {
  const enter = async (options: SessionsOptions) => {
    const store = testStore(distantStore())
    // They wait for a busy machine.
    const server = () => storeWorld({ storeTimeout: 5, ...options }, store)
    const servers = [server(), server()] as const
    const signIns = Array.from({ length: 200 }, async (_, n) =>
      request(servers[n % 2 === 0 ? 0 : 1].sessions, null, (session) => session.signIn('ada')).catch(
        (error: { code: string }) => error.code,
      ),
    )
    return { sessions: servers[0].sessions, results: await Promise.all(signIns) }
  }

  it('leave exactly as many as the limit', async () => {
    const { sessions, results } = await enter({ maxSessions: 7 })
    const cookies = results.map((result) =>
      // A session that ended before its response was sent is refused.
      result instanceof Headers ? (result.getSetCookie()[0]?.split(';')[0] ?? '') : '',
    )
    const outcomes = await Promise.all(cookies.map(async (cookie) => (await sessions.open(cookie)).outcome))

    expect(await sessions.list('ada')).toHaveLength(7)
    expect(outcomes.filter((outcome) => outcome === 'active')).toHaveLength(7)
  })

  it('are refused but as many as the limit', async () => {
    const { sessions, results } = await enter({ maxSessions: 7, onLimit: 'refuse' })

    expect(await sessions.list('ada')).toHaveLength(7)
    expect(results.filter((result) => result === 'ERR_SESSION_LIMIT')).toHaveLength(193)
  })
})
