import { GlideClient } from '@valkey/valkey-glide'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { redisStore, type RedisClient, type RedisStore } from '../../../src/stores/redis/store.ts'
import { TooFewReplicas, type SessionKey } from '../../../src/stores/store.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { clients } from '../../support/redis-clients.ts'
import { changeOf, created, newRecord, nobody, pause, revoked, taken } from '../../support/records.ts'

const soon = (): number => Date.now() + 1000
/** A caller with this timeout, which receives an answer that arrived in time however busy this process is. */
async function gone(milliseconds: number): Promise<string> {
  await pause(milliseconds)
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
  return 'gone'
}
const ways = Object.entries(clients).filter(([name]) => !name.startsWith('valkey-glide'))

describeRedis('redisStore that waits for a replica', () => {
  let primary: RedisServer
  let replica: RedisServer
  beforeAll(async () => {
    primary = await startRedis({ args: ['--repl-diskless-sync-delay', '0'] })
    replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(primary.port)] })
    await inStep()
  })
  afterAll(async () => {
    await replica.stop()
    await primary.stop()
  })

  async function inStep(): Promise<void> {
    while (!String(await replica.ask('INFO', 'replication')).includes('master_link_status:up')) await pause(25)
  }

  async function frozen(test: () => Promise<void>): Promise<void> {
    replica.freeze()
    try {
      await test()
    } finally {
      replica.thaw()
    }
  }

  /** Its replica has it: asked there, since a primary says what it has itself. */
  const heldOf = async ({ id, userId }: SessionKey): Promise<string> =>
    String(await replica.ask('HGET', `sojourn:u:${userId}`, id))

  describe.each([...ways, ['a URL', null] as const])('by %s', (_, connect) => {
    let store: RedisStore
    let longWaiting: RedisStore
    let close: () => unknown = () => {}
    beforeAll(async () => {
      const connected = await connect?.(primary.port)
      const client = connected?.client ?? primary.url
      if (connected !== undefined) close = connected.close
      store = redisStore(client, { durability: { replicas: 1 } })
      longWaiting = redisStore(client, { durability: { replicas: 1, within: 5 } })
    })
    afterAll(async () => {
      await store.close()
      await longWaiting.close()
      close()
    })

    it('does as ever while it answers', async () => {
      const record = newRecord()
      expect(await longWaiting.create(record)).toEqual(created)
      expect(await longWaiting.create(record)).toEqual(taken)
      const renewed = { secretHash: 'renewed' }
      expect(await longWaiting.update(record, record, changeOf({ secretHash: 'renewed' }))).toBe(2)
      expect(await longWaiting.update(record, record, changeOf({ secretHash: 'again' }))).toBe(null)
      expect(await longWaiting.update(record, renewed, changeOf())).toBe(3)
      expect(await longWaiting.end(record, revoked())).toBe(true)
      expect(await longWaiting.end(record, revoked())).toBe(false)
      expect(await longWaiting.end(nobody, revoked())).toBe(false)
      expect(await longWaiting.read(record)).toMatchObject({ ended: 'revoked' })
    })

    it('says what it does not have, in time, and until it has it', async () => {
      const [old, other] = [newRecord({ userId: null }), newRecord({ userId: null })]
      for (const record of [old, other]) expect(await longWaiting.create(record)).toEqual(created)
      let putAgain = async (): Promise<void> => {}
      await frozen(async () => {
        const began = performance.now()
        const late = newRecord()
        await expect(store.create(late, {}, soon())).rejects.toThrow(TooFewReplicas)
        // It was written, and a failover may lose it.
        expect(await store.read(late)).toEqual(late)
        const all = await store.endAll(late.userId!, revoked(), null, soon())
        expect(all).toMatchObject({ isDone: true, ended: [late.id], isConfirmed: false, cutoff: { spared: null } })
        putAgain = () => store.putCutoff(late.userId!, all.cutoff!)
        await expect(putAgain()).rejects.toThrow(TooFewReplicas)
        await expect(store.create(newRecord({ userId: null }), {}, soon())).rejects.toThrow(TooFewReplicas)
        await expect(store.update(old, old, changeOf({ secretHash: 'new' }), soon())).rejects.toThrow(TooFewReplicas)
        expect(await store.read(old)).toMatchObject({ secretHash: old.secretHash, version: 1 })
        expect(await store.update(old, old, changeOf(), soon())).toBe(2)
        expect(await store.end(old, revoked(), soon())).toBe('unconfirmed')
        expect(await store.read(old)).toMatchObject({ ended: 'revoked' })
        await expect(store.end(old, revoked(), soon())).rejects.toThrow(TooFewReplicas)
        expect(performance.now() - began).toBeLessThan(3000)
      })
      await expect.poll(() => store.end(old, revoked(), soon()).catch(() => null)).toBe(false)
      // On a busy machine the replica may answer too late once more.
      await vi.waitFor(putAgain, { timeout: 10_000 })
      expect(await longWaiting.update(other, other, changeOf({ secretHash: 'new' }))).toBe(2)
    })

    it('continues when its connection breaks', async () => {
      const record = newRecord()
      expect(await longWaiting.create(record)).toEqual(created)
      await store.end(nobody, revoked(), soon()).catch(() => {})
      await primary.ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
      await expect.poll(() => store.end(record, revoked(), soon()).catch(() => null)).not.toBe(null)
      await expect.poll(() => store.read(record).catch(() => null)).toMatchObject({ ended: 'revoked' })
    })
  })

  describe('by one client', () => {
    let client: RedisClient
    let close: () => unknown
    beforeAll(async () => {
      const connected = await clients['ioredis']!(primary.port)
      ;({ client, close } = connected)
    })
    afterAll(() => close())

    it('has no answer before the replica has what was written', async () => {
      const store = redisStore(client, { durability: { replicas: 1, within: 10 } })
      const record = newRecord()
      for (let turn = 0; turn < 20; turn++) {
        const one = newRecord()
        await store.create(one)
        expect(await heldOf(one)).toContain(` ${one.secretHash} `)
        await store.update(one, one, changeOf({ secretHash: 'renewed' }))
        expect(await heldOf(one)).toContain(' renewed ')
        await store.end(one, revoked())
        expect(await heldOf(one)).toContain(' revoked ')
        const other = newRecord({ userId: one.userId })
        await store.create(other)
        expect(await store.endAll(one.userId!, revoked())).toEqual({
          isDone: true,
          ended: [other.id],
          isConfirmed: true,
        })
        expect(await heldOf(other)).toContain(' revoked ')
      }
      expect(await store.create(record)).toEqual(created)
      await store.close()
    })

    it('ends many at once in the time of one, while others are read', async () => {
      const store = redisStore(client, { durability: { replicas: 1, within: 0.7 } })
      const records = Array.from({ length: 100 }, () => newRecord({ userId: null }))
      for (const record of records) await store.create(record)
      await frozen(async () => {
        const ends = Promise.all(records.map(async (record) => store.end(record, revoked(), Date.now() + 1200)))
        await pause(20)
        expect(await Promise.race([store.read(nobody), ends])).toBe(null)
        expect(new Set(await ends)).toEqual(new Set(['unconfirmed']))
      })
      await store.close()
    })

    it('reports the truth to another process too, about writes that it did not make itself', async () => {
      const stores = [1, 2, 3].map(() => redisStore(client, { durability: { replicas: 1 } }))
      const [store, second, third] = stores as [RedisStore, RedisStore, RedisStore]
      const [record, other] = [newRecord({ userId: null }), newRecord({ userId: null })]
      for (const each of [record, other]) await store.create(each)
      await frozen(async () => {
        expect(await store.end(record, revoked())).toBe('unconfirmed')
        await expect(second.end(record, revoked())).rejects.toThrow(TooFewReplicas)
        const renewing = third.update(other, other, changeOf({ secretHash: 'new' }))
        await expect(renewing).rejects.toThrow(TooFewReplicas)
        expect(await third.read(other)).toMatchObject({ secretHash: other.secretHash })
      })
      for (const each of stores) await each.close()
    })

    it('waits for no longer than its caller does', async () => {
      const store = redisStore(client, { durability: { replicas: 1, within: 60 } })
      const record = newRecord({ userId: null })
      await store.create(record)
      await frozen(async () => {
        const ending = store.end(record, revoked(), Date.now() + 500)
        expect(await Promise.race([ending, gone(500)])).toBe('unconfirmed')
      })
      await store.close()
    })

    it('does not take one replica for two', async () => {
      const store = redisStore(client, { durability: { replicas: 2 } })
      await expect(store.create(newRecord(), {}, soon())).rejects.toThrow(TooFewReplicas)
      await store.close()
    })

    it.each([0, -1, 1.5, Number.NaN])('refuses to wait for %s replicas', (replicas) => {
      expect(() => redisStore(client, { durability: { replicas } })).toThrow(
        expect.objectContaining({ code: 'ERR_OPTIONS' }),
      )
    })

    it.each([0, -1, 61, Number.NaN])('refuses to wait for %s seconds', (within) => {
      expect(() => redisStore(client, { durability: { replicas: 1, within } })).toThrow(
        expect.objectContaining({ code: 'ERR_OPTIONS' }),
      )
    })
  })

  it('refuses a client of valkey-glide, and says which do', async () => {
    const client = await GlideClient.createClient({ addresses: [{ host: '127.0.0.1', port: primary.port }] })
    expect(() => redisStore(client, { durability: { replicas: 1 } })).toThrow(
      expect.objectContaining({ code: 'ERR_STORE_CLIENT', message: expect.stringContaining('ioredis') }),
    )
    client.close()
  })
})
