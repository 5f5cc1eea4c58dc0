import { createClient, createCluster } from 'redis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { TooLate, type CreateResult, type SessionRecord } from '../../../src/stores/store.ts'
import { redisStore, type RedisStore } from '../../../src/stores/redis/store.ts'
import { startCluster, type RedisCluster } from '../../support/servers/cluster.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { changeOf, created, newRecord, pause, revoked } from '../../support/records.ts'
import { atServer, forKeysWith, shifted } from '../../support/shifted-clock.ts'

// Each with how long a caller waits.
const skews = [
  [300, 250],
  [-300, 250],
  [2000, 1000],
  [-2000, 1000],
] as const

/** The results of a step, and the number of scripts; `null` if this machine stood still meanwhile. */
async function counted(wait: number, sent: () => number, step: (until: number) => Promise<unknown>) {
  const [began, before] = [performance.now(), sent()]
  const answer = await step(Date.now() + wait).catch((error: unknown) => error)
  return performance.now() - began > wait / 2 ? null : [answer, sent() - before]
}

async function signIns(store: RedisStore, wait: number, sent: () => number): Promise<unknown[]> {
  const all: unknown[] = []
  for (let at = 0; at < 40; at++) all.push(await counted(wait, sent, (until) => store.create(newRecord(), {}, until)))
  return all.filter((each) => each !== null)
}

describeRedis('on a cluster where one server has another clock', () => {
  let cluster: RedisCluster
  let client: ReturnType<typeof createCluster>
  let id: string
  beforeAll(async () => {
    cluster = await startCluster()
    client = createCluster({ rootNodes: cluster.addresses.map((socket) => ({ socket })) })
    client.on('error', () => {})
    await client.connect()
    id = String(await cluster.nodes[1]!.ask('CLUSTER', 'MYID'))
  })
  afterAll(async () => {
    client.destroy()
    await cluster.stop()
  })

  it.each(skews)('by %i ms, a sign-in takes one script, of callers who wait for %i ms', async (skew, wait) => {
    const { client: another, sent } = shifted(client, atServer(id, skew))
    const store = redisStore(another)
    const taken = await signIns(store, wait, sent)
    const [ok, counts] = [taken.map((each) => (each as unknown[])[0]), taken.map((each) => (each as number[])[1]!)]
    expect(new Set(ok.map((each) => (each as CreateResult).result))).toEqual(new Set(['created']))
    expect(counts.length).toBeGreaterThan(10)
    expect(counts.filter((count) => count !== 1).length).toBeLessThanOrEqual(3)
    expect(new Set(counts.slice(-8))).toEqual(new Set([1]))
  })

  it.each([2000, -2000])('by %i ms, no write is executed after its caller stopped waiting', async (skew) => {
    const delay = { of: 0 }
    const store = redisStore(shifted(client, atServer(id, skew), delay).client)
    const kept = Array.from({ length: 12 }, () => newRecord({ userId: null }))
    for (const record of kept) await store.create(record, {}, Date.now() + 5000)
    delay.of = 400
    const until = Date.now() + 200
    const late = await Promise.all(
      [
        ...kept.map((record) => store.update(record, record, changeOf(), until)),
        ...kept.map((record) => store.end(record, revoked(), until)),
      ].map((answer) => answer.catch((error: unknown) => error)),
    )
    delay.of = 0
    expect(late.filter((each) => !(each instanceof TooLate))).toEqual([])
    for (const record of kept) expect(await store.read(record)).toEqual(record)
  })

  it('a slot that moves there costs no second script, and its records continue', async () => {
    const { client: another, sent } = shifted(client, atServer(id, 2000))
    const store = redisStore(another)
    await signIns(store, 1000, sent)
    const record = newRecord({ userId: null })
    await store.create(record, {}, Date.now() + 5000)
    for (let moves = 1; moves <= 3; moves++) {
      await cluster.moveSlotOf(`sojourn:g:${record.id}`)
      const found = (await store.read(record)) as SessionRecord
      const took = await counted(5000, sent, (until) =>
        store.update(record, { secretHash: record.secretHash, record: found }, changeOf(), until),
      )
      expect(took).toEqual([1 + moves, 1])
    }
  })
})

describeRedis('if keys have two clocks, and the client cannot know', () => {
  let server: RedisServer
  let client: ReturnType<typeof createClient>
  beforeAll(async () => {
    server = await startRedis()
    client = createClient({ url: server.url })
    await client.connect()
  })
  afterAll(async () => {
    client.destroy()
    await server.stop()
  })

  it.each(skews)(
    'that differ by %i ms, a session of callers who wait for %i ms takes four scripts a step at most',
    async (skew, wait) => {
      const { client: another, sent } = shifted(client, forKeysWith('u:far', skew))
      const store = redisStore(another)
      for (let at = 0; at < 20; at++) {
        const record = newRecord({ userId: `${at % 2 === 0 ? 'near' : 'far'} ${wait} ${skew}` })
        const steps = [
          (until: number) => store.create(record, {}, until),
          (until: number) => store.update(record, record, changeOf(), until),
          (until: number) => store.end(record, revoked(), until),
        ]
        const answers: unknown[] = []
        for (const step of steps) answers.push(await counted(20 * wait, sent, (until) => step(until - 19 * wait)))
        expect(answers.map((each) => (each as unknown[])[0])).toEqual([created, 2, true])
        for (const each of answers) expect((each as number[])[1]).toBeLessThanOrEqual(4)
      }
    },
  )
})

describeRedis('the order of sign-ins and revocations', () => {
  let server: RedisServer
  let client: ReturnType<typeof createClient>
  beforeAll(async () => {
    server = await startRedis()
    client = createClient({ url: server.url })
    await client.connect()
  })
  afterAll(async () => {
    client.destroy()
    await server.stop()
  })

  it.each([
    ['has the same clock', 0],
    ['is an hour ahead', 3_600_000],
    ['is an hour behind', -3_600_000],
  ])('is that of the server, if it %s', async (_name, skew) => {
    const delay = { of: 0 }
    const store = redisStore(shifted(client, String(skew), delay).client)
    const isAccepted = async (userId: string, openedAt: number) => {
      const options = { openedAt }
      return (await store.create(newRecord({ userId }), options, Date.now() + 1000)).result
    }
    for (let round = 0; round < 30; round++) {
      const userId = `ada ${skew} ${round}`
      const before = performance.now()
      await pause(2)
      await store.endAll(userId, revoked(), null, Date.now() + 1000)
      // The sign-in is under way for as long as the cutoff is old.
      delay.of = 50
      expect(await isAccepted(userId, before)).toBe('cut-off')
      delay.of = 0
      await pause(20)
      expect(await isAccepted(userId, performance.now())).toBe('created')
    }
  })
})
