import { setTimeout as pause } from 'node:timers/promises'
import { Cluster } from 'ioredis'
import { createCluster } from 'redis'
import { expect, it } from 'vitest'
import type { Outcome } from '../../../src/index.ts'
import { redisStore, type RedisClient } from '../../../src/stores/redis/store.ts'
import { createCrowd } from '../outages/crowd.ts'
import { reportOf } from '../outages/report.ts'
import { openShop, type Shop } from '../outages/shop.ts'
import { startReplicatedCluster, type ReplicatedCluster } from '../../support/servers/cluster-replicas.ts'
import { describeRedis } from '../../support/servers/redis.ts'
import { browser, type Browser } from '../../support/browser.ts'
import { eventually, serverOf } from './runs.ts'

const clients: Readonly<
  Record<string, (cluster: ReplicatedCluster) => Promise<{ readonly client: RedisClient; close(): unknown }>>
> = {
  async redis({ addresses }) {
    const client = createCluster({ rootNodes: addresses.map((socket) => ({ socket })) }).on('error', () => {})
    await client.connect()
    return { client, close: () => client.destroy() }
  },
  async ioredis({ addresses }) {
    const client = new Cluster([...addresses]).on('error', () => {})
    return { client, close: () => client.disconnect() }
  },
}

/** A user who signed in during the failover. */
interface Guest {
  readonly userId: string
  readonly browser: Browser
  /** The answers that this guest got. `'503'`: the result is unknown, try again. */
  answers: {
    signIn: 'in' | '503'
    /** The answer to a revocation; `null` if it was not requested. */
    revocation: 'confirmed' | 'unconfirmed' | '503' | null
  }
}

/** The result, or `null` for a 503. */
const unless503 = async <Value>(asked: Promise<Value>): Promise<Value | null> =>
  asked.catch((error: unknown) => {
    if ((error as { status?: unknown }).status !== 503) throw error
    return null
  })

/** Signs in one user, and signs out an earlier one from elsewhere, again and again. */
function comeAndGo({ sessions }: Shop) {
  const guests: Guest[] = []
  const under = new Set<Promise<void>>()
  let count = 0

  async function signIn(userId: string): Promise<Guest> {
    const visitor = browser({ now: Date.now })
    const session = await sessions.open(null)
    session.signIn(userId)
    const headers = await unless503(sessions.commit(session))
    if (headers !== null) visitor.receive(headers)
    const guest: Guest = { userId, browser: visitor, answers: { signIn: headers ? 'in' : '503', revocation: null } }
    guests.push(guest)
    return guest
  }

  async function revoke({ userId, answers }: Guest): Promise<void> {
    const revocation = await unless503(sessions.revokeAll(userId))
    answers.revocation = revocation === null ? '503' : revocation.confirmed ? 'confirmed' : 'unconfirmed'
    if (revocation !== null) expect(revocation.ended).toBe(1)
  }

  async function one(userId: string): Promise<void> {
    const guest = await signIn(userId)
    if (guest.answers.signIn === '503' || count % 3 === 0) return
    // Some users sign in just before the replica is lost, and are revoked after it.
    await pause(200 + 100 * (guests.length % 8))
    await revoke(guest)
  }

  const timer = setInterval(() => {
    const visit = one(`guest-${++count}`).finally(() => under.delete(visit))
    under.add(visit)
  }, 40)
  return {
    guests: guests as readonly Guest[],
    signIn,
    revoke,
    async stop() {
      clearInterval(timer)
      await Promise.all(under)
    },
  }
}

describeRedis('50 visitors while a node of a cluster is killed', () => {
  it.concurrent.each(Object.keys(clients))(
    'by %s: nobody is let in again, and nobody is signed out',
    async (by) => {
      const cluster = await startReplicatedCluster()
      const { client, close } = await clients[by]!(cluster)
      const store = redisStore(client, { durability: { replicas: 1 } })
      const shop = await openShop(store, { unconfirmedFor: 600 })
      const crowd = createCrowd(shop.port, 50)
      try {
        await crowd.arrive()
        const leave = crowd.come(40)
        const { guests, signIn, revoke, stop } = comeAndGo(shop)
        /** Waits until so many got an answer, because a busy machine takes longer. */
        const until = async (count: number, isSo: (answers: Guest['answers']) => boolean): Promise<void> =>
          eventually(() => guests.filter(({ answers }) => isSo(answers)).length >= count)
        await pause(1000)
        await until(6, ({ revocation }) => revocation === 'confirmed')
        const early = await Promise.all(Array.from({ length: 30 }, (_, n) => signIn(`early-${n}`)))
        await cluster.detachReplicaOf(0)
        // A third of them is at the lost replica's node, and no answer there is confirmed, however busy the machine is.
        for (const guest of early.filter(({ answers }) => answers.signIn === 'in')) await revoke(guest)
        await pause(700)
        await until(1, ({ signIn }) => signIn === '503')
        await cluster.failOver(0)
        await pause(2000)
        await cluster.rejoin(0)
        await pause(500)
        await stop()
        await leave()

        const report = reportOf(crowd.visits)
        expect(report).toMatchObject({ unanswered: [], signedOut: [], rudely: [] })
        for (const { look } of crowd.visitors) await eventually(async () => (await look('/')).status === 200)
        // The failed node may have lost their last changes to the cart.
        expect((await crowd.wrongs()).filter((wrong) => !/item|message/.test(wrong))).toEqual([])

        // Each of the others, as another server sees them.
        const elsewhere = serverOf(redisStore(client))
        async function seen(some: readonly Guest[]): Promise<Outcome[]> {
          const outcomes = some.map(({ browser: { cookie } }) => elsewhere.outcomeOf(cookie))
          return [...new Set(await Promise.all(outcomes))]
        }
        const entered = guests.filter(({ answers }) => answers.signIn === 'in')
        const refused = guests.filter(({ answers }) => answers.signIn === '503')
        const [stayed, confirmed, unconfirmed, unknown] = ([null, 'confirmed', 'unconfirmed', '503'] as const).map(
          (word) => entered.filter(({ answers }) => answers.revocation === word),
        ) as [Guest[], Guest[], Guest[], Guest[]]
        expect(await seen(stayed)).toEqual(['active'])
        expect(await seen(confirmed)).toEqual(['revoked'])
        // For good by now, or soon.
        await eventually(async () => !(await seen(unconfirmed)).includes('active'))
        expect(await seen(unconfirmed)).toEqual(['revoked'])
        // Guests with an unknown result ask again: they are signed in, or signed out for good.
        expect(['active', 'revoked']).toEqual(expect.arrayContaining(await seen(unknown)))
        for (const { userId } of unknown)
          expect(await elsewhere.sessions.revokeAll(userId)).toMatchObject({ confirmed: true })
        expect((await seen(unknown)).filter((outcome) => outcome !== 'revoked')).toEqual([])
        // A guest who could not sign in has no cookie, and no record is left.
        expect(refused.filter((guest) => guest.browser.cookie !== '')).toEqual([])
        for (const { userId } of refused) {
          await eventually(async () => (await elsewhere.sessions.list(userId)).length === 0)
          expect(await elsewhere.sessions.list(userId)).toEqual([])
        }
        // Checks that the test covered each kind of answer, except perhaps guests who got none.
        expect(Math.min(stayed.length, confirmed.length, unconfirmed.length, refused.length)).toBeGreaterThan(0)
      } finally {
        crowd.leave()
        await shop.stop()
        await store.close()
        await close()
        await cluster.stop()
      }
    },
    60_000,
  )
})
