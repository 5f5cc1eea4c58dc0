import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SessionStore } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { day } from '../support/clock.ts'
import { request, signedIn, visit } from '../support/sessions.ts'
import { gone, storeWorld, testStore } from '../support/stores.ts'

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const aMomentLater = async () => vi.advanceTimersByTimeAsync(10)

/** Sessions whose store says what is swept, and sweeps as a test says. */
function swept(sweep: () => Promise<number>) {
  const befores: number[] = []
  const inner: SessionStore = {
    ...memoryStore(),
    sweep: async (before) => {
      befores.push(before)
      return sweep()
    },
  }
  return { ...storeWorld({ touchAfter: 0 }, testStore(inner)), befores }
}

describe('sweeping', () => {
  it('is done after commits that wrote, at most once a minute, an idle timeout behind', async () => {
    const visited = swept(async () => 0)
    const began = visited.clock.now()
    const visitor = await signedIn(visited)
    for (let seconds = 0; seconds < 180; seconds++) {
      await visit(visited.sessions, visitor)
      await aMomentLater()
      visited.clock.advance(1)
    }

    expect(visited.befores).toEqual([0, 60, 120].map((seconds) => began - 7 * day * 1000 + seconds * 1000))
  })

  it('is not done by requests that write nothing', async () => {
    const visited = swept(async () => 0)
    await request(visited.sessions, null, (session) => void session.csrfToken)
    await aMomentLater()

    expect(visited.befores).toEqual([])
  })

  it('is not done on Cloudflare Workers, which would drop it with the response', async () => {
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
    const visited = swept(async () => 0)
    await signedIn(visited)
    await aMomentLater()

    expect(visited.befores).toEqual([])
  })

  it('continues a step at a time until nothing is left', async () => {
    const steps = [100, 100, 3]
    const visited = swept(async () => steps.shift() ?? 0)
    await signedIn(visited)
    for (let times = 0; times < 6; times++) await aMomentLater()

    expect(visited.befores).toHaveLength(4)
  })

  it('is waited for by no request, nor started twice', async () => {
    const visited = swept(async () => new Promise(() => {}))
    const visitor = await signedIn(visited)
    for (let minutes = 0; minutes < 3; minutes++) {
      visited.clock.advance(60)
      await visit(visited.sessions, visitor)
      await aMomentLater()
    }

    expect(visited.befores).toHaveLength(1)
    expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')
  })

  it('does not begin before the commit that it follows has asked the store', async () => {
    const visited = swept(async () => 0)
    const creating = visited.store.hold('create')
    const signingIn = signedIn(visited)
    await creating.reached
    expect(visited.befores).toEqual([])
    creating.release()
    await signingIn
    await aMomentLater()

    expect(visited.befores).toHaveLength(1)
  })

  it.each<[string, () => Promise<number>]>([
    ['rejects', async () => Promise.reject(gone)],
    [
      'throws',
      () => {
        throw gone
      },
    ],
  ])('that %s harms nobody, and is tried again a minute later', async (_, sweep) => {
    const visited = swept(sweep)
    const visitor = await signedIn(visited)
    await aMomentLater()
    visited.clock.advance(60)
    await visit(visited.sessions, visitor)
    await aMomentLater()

    expect(visited.befores).toHaveLength(2)
    expect((await visited.sessions.open(visitor.cookie)).userId).toBe('ada')
  })

  it('removes what ended long ago, and leaves the rest', async () => {
    const visited = storeWorld()
    await signedIn(visited, 'ada')
    const out = await signedIn(visited, 'eve')
    await visit(visited.sessions, out, (session) => session.signOut())
    await aMomentLater()
    visited.clock.advance(14 * day + 1)
    await signedIn(visited, 'bob')
    await aMomentLater()

    const ids: string[] = []
    for await (const entry of visited.store.all!()) if ('key' in entry) ids.push(entry.key.id)
    expect(ids).toHaveLength(2)
    expect((await visited.store.records()).map(({ userId }) => userId)).toEqual(['bob'])
    visited.clock.advance(30 * day)
    await signedIn(visited, 'bob')
    await aMomentLater()
    expect((await visited.store.records()).map(({ userId }) => userId)).toEqual(['bob'])
  })
})
