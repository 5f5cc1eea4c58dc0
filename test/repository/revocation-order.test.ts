import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Session } from '../../src/index.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { hour, stoppedClock } from '../support/clock.ts'
import { request, signedIn } from '../support/sessions.ts'
import { distantStore, storeWorld, testStore, type StoreWorld } from '../support/stores.ts'

const rounds = 200

afterEach(() => void vi.useRealTimers())

/** Two servers with one store, whose clocks are two hours apart. In every second round the other one is ahead. */
function skewedServers(store = memoryStore()): (round: number) => [StoreWorld, StoreWorld] {
  const [shared, clock] = [testStore(store), stoppedClock()]
  // It waits for a busy machine.
  const serverAt = (hours: number) =>
    storeWorld({ now: () => clock.now() + hours * hour * 1000, storeTimeout: 5 }, shared, clock)
  const [ahead, behind] = [serverAt(1), serverAt(-1)]
  return (round) => (round % 2 === 0 ? [ahead, behind] : [behind, ahead])
}

const cookieOf = (headers: Headers): string => headers.getSetCookie()[0]?.split(';')[0] ?? ''

/** Commits a sign-in. Resolves to its cookie, or to `null` if it was refused. */
async function commitSignIn({ sessions }: StoreWorld, session: Session): Promise<string | null> {
  try {
    return cookieOf(await sessions.commit(session))
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_SIGN_IN_REFUSED' })
    return null
  }
}

/** A sign-in whose request is open. */
async function startSignIn({ sessions }: StoreWorld, userId: string) {
  const session = await sessions.open(null)
  session.signIn(userId)
  return session
}

describe('servers whose clocks are two hours apart, 200 times', () => {
  it('refuse a sign-in under way at revokeAll, and keep one that begins after it', async () => {
    // Otherwise a pause of this process may be longer than the time between revokeAll and the later sign-in.
    vi.useFakeTimers({ toFake: ['performance'] })
    const serversOf = skewedServers()
    for (let round = 0; round < rounds; round++) {
      const userId = `user-${round}`
      const [entering, revoking] = serversOf(round)
      const session = await startSignIn(entering, userId)
      await revoking.sessions.revokeAll(userId)
      vi.advanceTimersByTime(1)
      expect(await commitSignIn(entering, session)).toBeNull()

      const headers = await request(entering.sessions, null, (later) => later.signIn(userId))
      expect((await revoking.sessions.open(cookieOf(headers))).userId).toBe(userId)
    }
  })

  it('leave no session of a sign-in that was opened before revokeAll, and runs at the same time', async () => {
    const serversOf = skewedServers(distantStore())
    for (let round = 0; round < rounds; round++) {
      const userId = `user-${round}`
      const [entering, revoking] = serversOf(round)
      const session = await startSignIn(entering, userId)
      const [cookie] = await Promise.all([commitSignIn(entering, session), revoking.sessions.revokeAll(userId)])

      expect(await revoking.sessions.list(userId)).toEqual([])
      expect((await entering.sessions.open(cookie)).userId).toBeNull()
    }
  })

  it('keep the session of a request that signs in and ends all others; of two such requests at once, exactly one', async () => {
    const serversOf = skewedServers(distantStore())
    for (let round = 0; round < rounds; round++) {
      const userId = `user-${round}`
      const enter = async (server: StoreWorld) => {
        const session = await startSignIn(server, userId)
        const { exceptEnded } = await server.sessions.revokeAll(userId, { except: session })
        return { exceptEnded, cookie: await commitSignIn(server, session) }
      }
      const [one, other] = serversOf(round)
      const alone = await enter(one)
      expect([alone.exceptEnded, (await other.sessions.open(alone.cookie)).userId]).toEqual([false, userId])

      const both = await Promise.all([enter(one), enter(other)])
      const opened = await Promise.all(both.map(async ({ cookie }) => (await one.sessions.open(cookie)).userId))
      expect(opened.toSorted()).toEqual([null, userId].toSorted())
      expect(await other.sessions.list(userId)).toHaveLength(1)
      expect((await other.sessions.open(alone.cookie)).outcome).toBe('revoked')
    }
  })

  it('keep exactly one of two devices that press “everywhere else” at once, and tell the other', async () => {
    const serversOf = skewedServers(distantStore())
    for (let round = 0; round < rounds; round++) {
      const userId = `user-${round}`
      const devices = []
      for (const world of serversOf(round)) devices.push({ world, cookie: (await signedIn(world, userId)).cookie })
      const requests = await Promise.all(
        devices.map(async ({ world: { sessions }, cookie }) => ({ sessions, except: await sessions.open(cookie) })),
      )
      const results = await Promise.all(
        requests.map(async ({ sessions, except }) => sessions.revokeAll(userId, { except })),
      )

      const kept = results.findIndex(({ exceptEnded }) => !exceptEnded)
      expect(results[kept]).toEqual({ ended: 1, confirmed: true, exceptEnded: false })
      expect(results[1 - kept]).toEqual({ ended: 0, confirmed: true, exceptEnded: true })
      expect((await devices[kept]!.world.sessions.open(devices[kept]!.cookie)).userId).toBe(userId)
      const other = devices[1 - kept]!
      expect((await other.world.sessions.open(other.cookie)).outcome).toBe('revoked')
    }
  })
})
