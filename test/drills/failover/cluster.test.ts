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

/** Somebody who signed in while all of it went on. */
interface Guest {
  readonly userId: string
  readonly browser: Browser
  /** What somebody was told of them: `'503'` is that it is not known, and to come again. */
  answers: {
    signIn: 'in' | '503'
    /** Of their revocation; `null` where nobody asked for it. */
    revocation: 'confirmed' | 'unconfirmed' | '503' | null
  }
}

/** What was done, or `null` for a 503. */
const unless503 = async <Value>(asked: Promise<Value>): Promise<Value | null> =>
  asked.catch((error: unknown) => {
    if ((error as { status?: unknown }).status !== 503) throw error
    return null
  })

/** Lets somebody sign in, and somebody who did earlier be signed out from elsewhere, again and again. */
function comeAndGo({ sessions }: Shop): { readonly guests: readonly Guest[]; stop(): Promise<void> } {
  const guests: Guest[] = []
  const under = new Set<Promise<void>>()
  let count = 0

  async function one(userId: string): Promise<void> {
    const visitor = browser({ now: Date.now })
    const session = await sessions.open(null)
    session.signIn(userId)
    const headers = await unless503(sessions.commit(session))
    if (headers !== null) visitor.receive(headers)
    const guest: Guest = { userId, browser: visitor, answers: { signIn: headers ? 'in' : '503', revocation: null } }
    guests.push(guest)
    if (headers === null || count % 3 === 0) return
    await pause(200)
    const revocation = await unless503(sessions.revokeAll(userId))
    guest.answers.revocation = revocation === null ? '503' : revocation.confirmed ? 'confirmed' : 'unconfirmed'
    if (revocation !== null) expect(revocation.ended).toBe(1)
  }

  const timer = setInterval(() => {
    const visit = one(`guest-${++count}`).finally(() => under.delete(visit))
    under.add(visit)
  }, 40)
  return {
    guests,
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
        const { guests, stop } = comeAndGo(shop)
        /** Lets so many be told something before it goes on: a busy machine takes longer for that. */
        const until = async (count: number, isSo: (answers: Guest['answers']) => boolean): Promise<void> =>
          eventually(() => guests.filter(({ answers }) => isSo(answers)).length >= count)
        await pause(1000)
        await until(6, ({ revocation }) => revocation === 'confirmed')
        await cluster.detachReplicaOf(0)
        await pause(700)
        await until(1, ({ revocation }) => revocation === 'unconfirmed')
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
        // What they put into their carts in its last moments, that node may have taken with it.
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
        // Whoever was told that it is not known asks again: they are in as ever, or out, and out from then on.
        expect(['active', 'revoked']).toEqual(expect.arrayContaining(await seen(unknown)))
        for (const { userId } of unknown)
          expect(await elsewhere.sessions.revokeAll(userId)).toMatchObject({ confirmed: true })
        expect((await seen(unknown)).filter((outcome) => outcome !== 'revoked')).toEqual([])
        // Who could not sign in has no cookie, and nothing of it is left.
        expect(refused.filter((guest) => guest.browser.cookie !== '')).toEqual([])
        for (const { userId } of refused) {
          await eventually(async () => (await elsewhere.sessions.list(userId)).length === 0)
          expect(await elsewhere.sessions.list(userId)).toEqual([])
        }
        // It was tried: of each kind there were some, save perhaps of those whom nobody could tell anything.
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
