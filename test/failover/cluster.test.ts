import { setTimeout as pause } from 'node:timers/promises'
import { Cluster } from 'ioredis'
import { createCluster } from 'redis'
import { expect, it } from 'vitest'
import { redisStore, type RedisClient } from '../../src/stores/redis.ts'
import { createCrowd } from '../drills/crowd.ts'
import { reportOf } from '../drills/report.ts'
import { openShop, type Shop } from '../drills/shop.ts'
import { startReplicatedCluster, type ReplicatedCluster } from '../setup/cluster-replicas.ts'
import { describeRedis } from '../setup/redis.ts'
import { browser, type Browser } from '../support/browser.ts'
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

/** Somebody who signed in while all of it went on, and what they were told. */
interface Guest {
  readonly browser: Browser
  readonly isIn: boolean
  /** What whoever ended it was told; `null` where nobody did, or it was answered that it is not known. */
  ended: { readonly confirmed: boolean } | null
  wasAsked: boolean
}

/** Lets somebody sign in, and somebody who did earlier be signed out from elsewhere, again and again. */
function comeAndGo({ sessions }: Shop): { readonly guests: readonly Guest[]; stop(): Promise<void> } {
  const guests: Guest[] = []
  const under = new Set<Promise<void>>()
  let count = 0

  async function one(userId: string): Promise<void> {
    const visitor = browser({ now: Date.now })
    const session = await sessions.open(null)
    session.signIn(userId)
    const headers = await sessions.commit(session).catch(() => null)
    if (headers !== null) visitor.receive(headers)
    const guest: Guest = { browser: visitor, isIn: headers !== null, ended: null, wasAsked: false }
    guests.push(guest)
    if (headers === null || count % 3 === 0) return
    await pause(200)
    guest.wasAsked = true
    guest.ended = await sessions.revokeAll(userId).catch(() => null)
    if (guest.ended?.confirmed) expect(guest.ended).toMatchObject({ ended: 1 })
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
        await pause(1000)
        await cluster.detachReplicaOf(0)
        await pause(700)
        await cluster.failOver(0)
        await pause(2000)
        await cluster.rejoin(0)
        await pause(500)
        await stop()
        await leave()

        const report = reportOf(crowd.visits)
        expect(report).toMatchObject({ unanswered: [], signedOut: [], rudely: [] })
        expect((await crowd.wrongs()).filter((wrong) => /signed out|another session/.test(wrong))).toEqual([])

        // As another server sees them.
        const elsewhere = serverOf(redisStore(client))
        const came = await Promise.all(
          guests.map(async (guest) => ({ ...guest, outcome: await elsewhere.outcomeOf(guest.browser.cookie!) })),
        )
        const told = came.filter(({ isIn }) => !isIn)
        const revived = came.filter(({ ended, outcome }) => ended?.confirmed && outcome === 'active')
        const lost = came.filter(({ isIn, wasAsked, outcome }) => isIn && !wasAsked && outcome !== 'active')
        const unconfirmed = came.filter(({ ended }) => ended?.confirmed === false)
        expect(revived).toEqual([])
        expect(lost).toEqual([])
        // It was tried: some could not be told.
        expect(told.length).toBeGreaterThan(0)
        expect(unconfirmed.length).toBeGreaterThan(0)
        expect(came.filter(({ ended }) => ended?.confirmed).length).toBeGreaterThan(5)
        // What was not confirmed is ended for good by now, or soon.
        for (const { browser: visitor } of unconfirmed) {
          await eventually(async () => (await elsewhere.outcomeOf(visitor.cookie!)) !== 'active')
          expect(await elsewhere.outcomeOf(visitor.cookie!)).not.toBe('active')
        }
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
