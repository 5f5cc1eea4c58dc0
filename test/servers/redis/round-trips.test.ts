import { createClient } from 'redis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { freePort } from '../../support/servers/server.ts'
import { clients } from '../../support/redis-clients.ts'
import { changeOf, day, newRecord, pause, revoked } from '../../support/records.ts'

const hour = 3_600_000
const connect = (server: RedisServer) => createClient({ url: server.url }).connect()

describeRedis('redisStore, in the server', () => {
  let server: RedisServer
  let client: Awaited<ReturnType<typeof connect>>
  beforeAll(async () => {
    server = await startRedis()
    client = await connect(server)
    // So that no test meets a script or a clock for the first time.
    const store = redisStore(client)
    const record = newRecord()
    await store.create(record, Date.now() + 1000)
    await store.update(record.id, record, changeOf())
    await store.end(record.id, revoked())
  })
  beforeEach(async () => {
    await server.ask('FLUSHALL')
  })
  afterAll(async () => {
    client.destroy()
    await server.stop()
  })

  /** How often the client sent something. */
  async function sent(calls: () => Promise<unknown>): Promise<number> {
    await pause(20)
    await server.ask('CONFIG', 'RESETSTAT')
    await calls()
    await pause(20)
    const { evalsha = 0, hgetall = 0, ...others } = await server.calls()
    // Calls within scripts are counted too; a plain read is the only HGETALL.
    expect(others['eval'] ?? 0).toBe(0)
    return evalsha + hgetall
  }

  it('costs one round trip a read and a change, two a create, one that is awaited an end', async () => {
    const store = redisStore(client)
    const [record, guest] = [newRecord(), newRecord({ userId: null })]
    const until = Date.now() + 60_000

    expect(await sent(() => store.read('nobody'))).toBe(1)
    expect(await sent(() => store.create(guest))).toBe(1)
    expect(await sent(() => store.create(record))).toBe(2)
    expect(await sent(() => store.read(record.id))).toBe(1)
    expect(await sent(() => store.update(record.id, record, changeOf()))).toBe(1)
    expect(await sent(() => store.update(record.id, record, changeOf(), until))).toBe(1)
    expect(await sent(() => store.end(record.id, revoked(), until))).toBe(2)
    expect(await sent(() => store.end(guest.id, revoked(), until))).toBe(1)
  })

  it('can be read in redis-cli', async () => {
    const record = newRecord({ id: 'abc', userId: 'ada', data: { cart: '["tea"]', 'flash.1': '["ü"]' } })
    await redisStore(client).create(record)

    expect((await server.ask('KEYS', '*')) as string[]).toEqual(
      expect.arrayContaining(['sojourn:session:abc', 'sojourn:user:ada']),
    )
    expect(await client.hGetAll('sojourn:session:abc')).toEqual({
      id: 'abc',
      by: expect.stringMatching(/^[\w-]{9,}$/),
      secretHash: record.secretHash,
      version: '1',
      userId: 'ada',
      createdAt: String(record.createdAt),
      signedInAt: String(record.signedInAt),
      lastSeenAt: String(record.lastSeenAt),
      expiresAt: String(record.expiresAt),
      remember: '1',
      label: 'Firefox on Linux',
      indexedUntil: expect.stringMatching(/^\d{13}$/),
      'd:cart': '["tea"]',
      'd:flash.1': '["ü"]',
    })
  })

  it('lists many by one script a page, and looks again for what is not there', async () => {
    const store = redisStore(client)
    const records = Array.from({ length: 600 }, () => newRecord({ userId: 'ada' }))
    await Promise.all(records.map((record) => store.create(record)))
    const listed = async () => (await store.list('ada')).map(({ id }) => id).toSorted()
    expect(await listed()).toEqual(records.map(({ id }) => id).toSorted())
    expect(await sent(listed)).toBe(1 + 3)
    const [gone, ended, ...left] = records as [Made, Made, ...Made[]]
    await server.ask('DEL', `sojourn:session:${gone.id}`)
    await store.end(ended.id, revoked())
    await pause(20)
    expect(await sent(listed)).toBe(1 + 3 + 1)
    expect(await listed()).toEqual(left.map(({ id }) => id).toSorted())
  })

  it('lists one by one where a plain client is at the only server of a cluster', async () => {
    const args = ['--cluster-enabled', 'yes', '--cluster-port', `${await freePort()}`]
    const single = await startRedis({ args })
    await single.ask('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    await expect.poll(() => single.ask('CLUSTER', 'INFO'), { timeout: 10_000 }).toContain('cluster_state:ok')
    try {
      for (const name of ['redis', 'ioredis', 'valkey-glide']) {
        const { client: plain, close } = await clients[name]!(single.port)
        const store = redisStore(plain, { prefix: `${name}:` })
        const records = Array.from({ length: 20 }, () => newRecord({ userId: 'ada' }))
        for (const record of records) await store.create(record, Date.now() + 5000)
        for (let times = 0; times < 2; times++) expect(await store.list('ada')).toHaveLength(20)
        close()
      }
    } finally {
      await single.stop()
    }
  })

  it('is handed its scripts again where it has forgotten them', async () => {
    const store = redisStore(client)
    const record = newRecord()
    for (const step of [
      () => store.create(record),
      () => store.update(record.id, record, changeOf()),
      () => store.list(record.userId!),
      () => store.end(record.id, revoked()),
    ]) {
      await server.ask('SCRIPT', 'FLUSH')
      await expect(step()).resolves.not.toBe(false)
    }
    expect(await store.read(record.id)).toMatchObject({ ended: 'revoked' })
  })

  it('drops a record and an ending an hour after what remains of their time, however far that is', async () => {
    const store = redisStore(client)
    const lifeOf = async (id: string) => Number(await server.ask('PTTL', `sojourn:session:${id}`))
    const about = (life: number) => (found: number) => found > life - 5000 && found <= life
    const record = newRecord({ lastSeenAt: 5000, expiresAt: 5000 + day })
    await store.create(record)
    expect(await lifeOf(record.id)).toSatisfy(about(day + hour))
    await store.update(record.id, record, changeOf({ lastSeenAt: 9000, expiresAt: 9000 + 2 * day }))
    expect(await lifeOf(record.id)).toSatisfy(about(2 * day + hour))
    await store.end(record.id, { ended: 'signed-out', endedAt: 70, expiresAt: 70 })
    expect(await lifeOf(record.id)).toSatisfy(about(hour))

    for (const expiresAt of [Number.MAX_SAFE_INTEGER, 1e300, -1e300, 0.5]) {
      const far = newRecord({ lastSeenAt: 0, expiresAt })
      expect(await store.create(far)).toBe(true)
      expect(await lifeOf(far.id)).toBeGreaterThan(hour - 5000)
      expect(await store.read(far.id)).toEqual(far)
      expect(await store.update(far.id, far, changeOf({ lastSeenAt: 0, expiresAt }))).toBe(2)
      expect(await store.list(far.userId!)).toHaveLength(1)
    }
  })

  it('keeps ten thousand keys, and a change of them all', async () => {
    const store = redisStore(client)
    const keys = Array.from({ length: 10_000 }, (_, at) => `key ${at}`)
    const record = newRecord({ data: Object.fromEntries(keys.map((key) => [key, '1'])) })
    await store.create(record)
    const set = Object.fromEntries(keys.slice(5000).map((key) => [key, '2']))
    await store.update(record.id, record, changeOf({ set, unset: keys.slice(0, 5000) }))
    expect(await store.read(record.id)).toMatchObject({ version: 2, data: set })
  })

  it('distinguishes two applications by their prefix, whatever is in it', async () => {
    const [one, two] = ['a[1]*:', 'a1*:'].map((prefix) => redisStore(client, { prefix })) as [Store, Store]
    await one.create(newRecord({ id: 'same', userId: 'ada', label: 'one' }))
    await two.create(newRecord({ id: 'same', userId: 'ada', label: 'two' }))
    for (const [store, label] of [
      [one, 'one'],
      [two, 'two'],
    ] as const) {
      expect((await store.list('ada')).map((info) => info.label)).toEqual([label])
      const all = []
      for await (const [id, found] of store.all()) all.push([id, found])
      expect(all).toEqual([['same', expect.objectContaining({ label })]])
    }
  })
})

type Store = ReturnType<typeof redisStore>
type Made = ReturnType<typeof newRecord>

describeRedis('redisStore, in a full server', () => {
  let server: RedisServer
  let client: Awaited<ReturnType<typeof connect>>
  beforeAll(async () => {
    server = await startRedis({ args: ['--maxmemory', '100mb'] })
    client = await connect(server)
  })
  afterAll(async () => {
    client.destroy()
    await server.stop()
  })

  describe.each([
    ['and knows the scripts', false],
    ['and does not know the scripts', true],
  ])('that drops nothing %s', (_name, forgets) => {
    it('refuses what needs room, reads, and ends sessions all the same', async () => {
      await server.ask('CONFIG', 'SET', 'maxmemory', '100mb')
      const store = redisStore(client)
      const record = newRecord({ data: { big: JSON.stringify('x'.repeat(100_000)) } })
      await store.create(record)
      await server.ask('CONFIG', 'SET', 'maxmemory', '1mb')
      if (forgets) await server.ask('SCRIPT', 'FLUSH')
      const another = newRecord()

      await expect(store.create(another)).rejects.toThrow(/OOM/)
      await expect(store.create(newRecord({ userId: null }))).rejects.toThrow(/OOM/)
      await expect(store.update(record.id, record, changeOf())).rejects.toThrow(/OOM/)
      await expect(store.update(record.id, record, changeOf({ set: {}, unset: ['big'] }))).rejects.toThrow(/OOM/)
      expect(await store.read(record.id)).toEqual(record)
      expect(await store.read(another.id)).toBe(null)
      expect(await store.list(record.userId!)).toHaveLength(1)
      expect(await store.list(another.userId!)).toEqual([])

      const ending = revoked()
      expect(await store.end(record.id, ending)).toBe(true)
      expect(await store.read(record.id)).toEqual(ending)
      expect(await store.list(record.userId!)).toEqual([])
      expect(await server.ask('PTTL', `sojourn:session:${record.id}`)).toBeGreaterThan(day)
    })
  })
})
