import { Redis } from 'ioredis'
import { createSentinel } from 'redis'
import { createSentinel as createSentinel5 } from 'redis5'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { describeRedis } from '../../support/servers/redis.ts'
import type { Connected } from '../../support/redis-clients.ts'
import { newRecord, revoked } from '../../support/records.ts'
import { startSentinelSet, type SentinelSet } from '../../support/servers/sentinel-set.ts'
import { connectionSuite } from '../../suites/connection.ts'
import {
  inTime,
  lateness,
  latenessAfter,
  renewBy,
  serverOn,
  untilListening,
  watchedOn,
  tries,
} from '../../support/watching.ts'

describeRedis('redisStore on a primary that a sentinel watches', tries, () => {
  let set: SentinelSet
  beforeAll(async () => {
    set = await startSentinelSet({ downAfterMs: 1000 })
  }, 30_000)
  afterAll(() => set.stop())

  const place = () => set.sentinel
  const clients: Readonly<Record<string, () => Promise<Connected>>> = {
    async redis() {
      const client = createSentinel({ name: 'main', sentinelRootNodes: [place()], reserveClient: true })
      client.on('error', () => {})
      await client.connect()
      return { client, close: () => client.destroy() }
    },
    async 'redis that reads at replicas'() {
      const client = createSentinel({
        name: 'main',
        sentinelRootNodes: [place()],
        reserveClient: true,
        replicaPoolSize: 1,
      })
      client.on('error', () => {})
      await client.connect()
      return { client, close: () => client.destroy() }
    },
    async 'redis 5'() {
      const client = createSentinel5({ name: 'main', sentinelRootNodes: [place()], reserveClient: true })
      client.on('error', () => {})
      await client.connect()
      return { client, close: () => client.destroy() }
    },
    async ioredis() {
      const client = new Redis({ name: 'main', sentinels: [place()] })
      client.on('error', () => {})
      return { client, close: () => client.disconnect() }
    },
  }

  connectionSuite(clients, {
    primaries: () => [set.primary],
    reportsAddress: () => false,
    subscribes: (name) => name === 'ioredis',
  })

  it('keeps its records in a failover, and notifies watchers in time', async () => {
    const opened = await Promise.all(
      Object.entries(clients).map(async ([name, connect]) => {
        const [one, two] = [await connect(), await connect()]
        const [store, another] = [one, two].map(({ client }) => redisStore(client, { prefix: `over ${name}:` }))
        const [here, there] = [serverOn(store!), serverOn(another!)]
        const [over, renewed] = [await watchedOn(here), await watchedOn(here)]
        return { one, two, store: store!, record: newRecord({ userId: 'ada' }), there, over, renewed }
      }),
    )
    for (const { store, record } of opened) await store.create(record, {}, Date.now() + 5000)
    await untilListening()
    await set.switchOver()
    for (const { store, record } of opened) {
      // The last writes to the old primary are lost with it, so repeat them.
      async function ended() {
        await store.end(record, revoked(), Date.now() + 1000).catch(() => null)
        return store.read(record).catch(() => null)
      }
      await expect.poll(ended, { timeout: 10_000, interval: 50 }).toMatchObject({ ended: 'revoked' })
    }
    for (const { there, over, renewed, one, two } of opened) {
      const revoke = async () => (await there.revoke(over.userId, over.session.id!).catch(() => null))?.ended
      await expect.poll(revoke, { timeout: 10_000, interval: 50 }).toBe(1)
      // The watching client may have to find the new primary first.
      expect(await lateness(over)).toBeLessThan(2 * inTime)
      expect(over.signal.reason).toBe('revoked')
      const isRenewed = () =>
        renewBy(there, renewed).then(
          () => true,
          () => false,
        )
      const renew = async () => expect.poll(isRenewed, { timeout: 10_000, interval: 50 }).toBe(true)
      expect(await latenessAfter(renewed.signal, renew)).toBeLessThan(2 * inTime)
      expect(renewed.signal.reason).toBe('renewed')
      for (const { close } of [one, two]) close()
    }
  }, 45_000)
})
