import { createClient } from 'redis'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { TooLate } from '../../../src/stores/store.ts'
import { redisStore, type RedisClient } from '../../../src/stores/redis/store.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { changeOf, day, newRecord, revoked } from '../../support/records.ts'

const connect = (server: RedisServer) => createClient({ url: server.url }).connect()
const hour = 3_600_000

describeRedis("a user's index in Redis", () => {
  let server: RedisServer
  let client: Awaited<ReturnType<typeof connect>>
  beforeAll(async () => {
    server = await startRedis()
    client = await connect(server)
  })
  beforeEach(async () => {
    await server.ask('FLUSHALL')
  })
  afterAll(async () => {
    client.destroy()
    await server.stop()
  })

  /** A client whose connection is lost after so many scripts that write. */
  function lostAfter(scripts: number): RedisClient {
    let left = scripts
    const counted =
      (run: (script: string, options: unknown) => Promise<unknown>) => async (script: string, options: never) => {
        if (left <= 0) throw new Error('lost')
        const answer = await run(script, options)
        left--
        return answer
      }
    return {
      evalSha: counted((sha, options) => client.evalSha(sha, options as object)),
      eval: counted((text, options) => client.eval(text, options as object)),
      hGetAll: (key: string) => client.hGetAll(key),
    }
  }

  const idsInIndex = (userId: string) => client.zRange(`sojourn:user:${userId}`, 0, -1)
  const heldUntil = async (userId: string, id: string) => Number(await client.zScore(`sojourn:user:${userId}`, id))

  it('has a session before there is a record, so that none lives that is not listed', async () => {
    const record = newRecord()
    await expect(redisStore(lostAfter(1)).create(record)).rejects.toThrow('lost')
    expect(await idsInIndex(record.userId!)).toEqual([record.id])

    const store = redisStore(client)
    expect(await store.read(record.id)).toBe(null)
    expect(await store.list(record.userId!)).toEqual([])
    // The index did not take missing records for ended ones.
    expect(await idsInIndex(record.userId!)).toEqual([record.id])
    expect(await store.create(record)).toBe(true)
    expect(await store.list(record.userId!)).toHaveLength(1)
  })

  it('is not written by a create that the server came to too late', async () => {
    const record = newRecord()
    await expect(redisStore(client).create(record, Date.now() - 5000)).rejects.toThrow(TooLate)
    expect(await idsInIndex(record.userId!)).toEqual([])
  })

  it('loses a session that ended, and lists none whose end got no further', async () => {
    const [one, two] = [newRecord({ userId: 'ada' }), newRecord({ userId: 'ada' })]
    const store = redisStore(client)
    for (const record of [one, two]) await store.create(record)
    await store.end(one.id, revoked())
    await expect.poll(() => idsInIndex('ada')).toEqual([two.id])
    expect(await redisStore(lostAfter(1)).end(two.id, revoked())).toBe(true)
    expect(await idsInIndex('ada')).toEqual([two.id])
    expect(await store.list('ada')).toEqual([])
  })

  it('does not list a user whose id was already taken', async () => {
    const store = redisStore(client)
    const record = newRecord({ userId: 'ada' })
    await store.create(record)
    expect(await store.create({ ...record, userId: 'eve' })).toBe(false)
    expect(await store.list('eve')).toEqual([])
    expect(await store.list('ada')).toHaveLength(1)
  })

  it('holds a session for longer than its record, and is extended before the record is', async () => {
    const store = redisStore(client)
    const record = newRecord()
    await store.create(record)
    const first = await heldUntil(record.userId!, record.id)
    expect(first - Date.now()).toBeGreaterThan(2 * day)

    await store.update(record.id, record, changeOf())
    expect(await heldUntil(record.userId!, record.id)).toBe(first)

    const held = { secretHash: record.secretHash }
    const farther = changeOf({ lastSeenAt: 1000, expiresAt: 1000 + 30 * day })
    await expect(redisStore(lostAfter(2)).update(record.id, held, farther)).rejects.toThrow('lost')
    const second = await heldUntil(record.userId!, record.id)
    expect(second - Date.now()).toBeGreaterThan(60 * day)
    expect(await client.pTTL(`sojourn:session:${record.id}`)).toBeLessThan(2 * day)

    expect(await store.update(record.id, held, farther)).toBe(3)
    expect(await client.pTTL(`sojourn:session:${record.id}`)).toBeGreaterThan(30 * day)
    const kept = Number(await client.hGet(`sojourn:session:${record.id}`, 'indexedUntil'))
    expect(await heldUntil(record.userId!, record.id)).toBe(kept)
    expect(await client.pTTL(`sojourn:user:${record.userId!}`)).toBeGreaterThan(60 * day)
  })

  it("is extended half of a record's time before it has to be", async () => {
    const store = redisStore(client)
    for (const [days, isExtended] of [
      [1.3, false],
      [1.4, true],
      [1.9, true],
    ] as const) {
      const record = newRecord()
      await store.create(record)
      const first = await heldUntil(record.userId!, record.id)
      await store.update(record.id, record, changeOf({ expiresAt: Date.now() + days * day }))
      expect([days, (await heldUntil(record.userId!, record.id)) > first]).toEqual([days, isExtended])
    }
  })

  it('drops what expired, when something is added, and nothing else', async () => {
    const store = redisStore(client)
    const [old, young, added] = ['old', 'young', 'added'].map((id) => newRecord({ id, userId: 'ada' })) as [
      Record,
      Record,
      Record,
    ]
    for (const record of [old, young]) await store.create(record)
    await client.zAdd('sojourn:user:ada', [
      { value: 'old', score: Date.now() - 1 },
      { value: 'missing', score: Date.now() + hour },
    ])
    await store.list('ada')
    expect((await idsInIndex('ada')).toSorted()).toEqual(['missing', 'old', 'young'])
    await store.create(added)
    expect((await idsInIndex('ada')).toSorted()).toEqual(['added', 'missing', 'young'])
  })

  it('goes with the last session that it holds', async () => {
    const store = redisStore(client)
    const record = newRecord()
    await store.create(record)
    const longest = await heldUntil(record.userId!, record.id)
    await store.create(newRecord({ userId: record.userId, expiresAt: record.lastSeenAt + 1000 }))
    expect(await server.ask('PEXPIRETIME', `sojourn:user:${record.userId!}`)).toBe(longest)
  })
})

type Record = ReturnType<typeof newRecord>
