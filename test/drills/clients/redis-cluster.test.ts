import { afterAll, beforeAll, expect, it } from 'vitest'
import { startCluster, type RedisCluster } from '../../support/servers/cluster.ts'
import { describeRedis } from '../../support/servers/redis.ts'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { clusterClientsOf, omit, pick } from '../../support/redis-clients.ts'
import { changeOf, created, newRecord, revoked, taken } from '../../support/records.ts'
import { connectionSuite } from '../../suites/connection.ts'
import { suiteByEachClient } from '../../suites/store-by-redis-client.ts'

describeRedis('redisStore on a cluster whose slots move', () => {
  let cluster: RedisCluster
  const moving = { isWanted: true, slots: 0, done: Promise.resolve() }

  async function moveSlots(): Promise<void> {
    while (moving.isWanted) {
      moving.slots += await cluster.moveSlots(3)
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
  }

  beforeAll(async () => {
    cluster = await startCluster()
    moving.done = moveSlots()
  })
  afterAll(async () => {
    moving.isWanted = false
    await moving.done.finally(() => cluster.stop())
  })

  const clients = clusterClientsOf(() => cluster.addresses)
  suiteByEachClient(pick(clients, ['redis']), () => 10)
  connectionSuite(omit(clients, ['redis']), { primaries: () => cluster.nodes, reportsAddress: () => true })

  it('slots moved throughout', () => {
    expect(moving.slots).toBeGreaterThan(20)
  })
})

describeRedis('redisStore in a slot that is moving to another server', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await startCluster()
  })
  afterAll(() => cluster.stop())

  it.each(Object.entries(clusterClientsOf(() => cluster.addresses)))(
    'answers as before, by %s',
    async (name, connect) => {
      const { client, close } = await connect()
      // All keys are in one slot.
      const store = redisStore(client, { prefix: `{${name}}:` })
      const [first, second] = [newRecord({ userId: 'ada' }), newRecord({ userId: 'ada' })]
      const ending = revoked()
      for (const record of [first, second]) await store.create(record)

      await cluster.moveSlotOf(`{${name}}:`, async (keys) => {
        const ended = keys === 'stay' ? first : second
        const added = newRecord({ userId: 'ada', label: keys })
        expect(await store.create(added)).toEqual(created)
        expect(await store.create(ended)).toEqual(taken)
        expect(await store.update(ended, ended, changeOf())).toBe(2)
        expect(await store.read(ended)).toMatchObject({ version: 2 })
        expect(await store.end(ended, ending)).toBe(true)
        expect(await store.read(ended)).toEqual(ending)
        expect(await store.create(ended)).toEqual(taken)
        expect((await store.list('ada')).map(({ label }) => label)).toContain(keys)
        expect((await store.list('ada')).map(({ id }) => id)).not.toContain(ended.id)
        expect(await store.endAll(`eve ${keys}`, ending)).toMatchObject({ isDone: true })
      })

      expect((await store.list('ada')).map(({ label }) => label).toSorted()).toEqual(['moved', 'stay'])
      for (const record of [first, second]) expect(await store.read(record)).toEqual(ending)
      expect(await store.endAll('ada', ending)).toMatchObject({ isDone: true })
      expect(await store.list('ada')).toEqual([])
      close()
    },
  )
})
