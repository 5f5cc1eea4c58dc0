import { createClient } from 'redis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { redisStore, type RedisClient } from '../../../src/stores/redis/store.ts'
import { describeRedis, startRedis, type RedisServer } from '../../support/servers/redis.ts'
import { changeOf, created, day, newRecord, pause, revoked } from '../../support/records.ts'

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
    await store.create(record, {}, Date.now() + 1000)
    await store.update(record, record, changeOf())
    await store.end(record, revoked())
  })
  beforeEach(async () => {
    await server.ask('FLUSHALL')
  })
  afterAll(async () => {
    client.destroy()
    await server.stop()
  })

  const hash = (key: string) => client.hGetAll(`sojourn:${key}`)
  const lifeOf = async (key: string) => Number(await server.ask('PTTL', `sojourn:${key}`))

  it('keeps at most a thousand endings of a user, the latest', async () => {
    const store = redisStore(client)
    const ids = Array.from({ length: 1100 }, (_, index) => `ended-${index}`)
    const lifeSeconds = 86_400
    const keepOf = (index: number) => Math.floor(Date.now() / 1000) + lifeSeconds + index
    const fields = ids.flatMap((id, index) => [id, `${keepOf(index)} stamp ${id.slice(-6)} 1000 revoked 1`])
    await server.ask('HSET', 'sojourn:u:ada', ...fields)
    const live = newRecord({ userId: 'ada' })
    await store.create(live)

    expect(await store.list('ada')).toMatchObject([{ id: live.id }])
    const left = Object.keys(await hash('u:ada'))
    expect(left.toSorted()).toEqual([live.id, ...ids.slice(-500)].toSorted())
    expect(await store.read({ id: ids.at(-1)!, userId: 'ada' })).toMatchObject({ ended: 'revoked' })
    expect(await store.read({ id: ids[0]!, userId: 'ada' })).toBeNull()
  })

  it('keeps a user in one hash, and each guest in another', async () => {
    const store = redisStore(client)
    const record = newRecord({ id: 'abcdefgh', userId: 'ada', data: { cart: '["tea"]', 'flash.1': '["ü"]' } })
    const guest = newRecord({ id: 'guest', userId: null, signedInAt: null, label: null, remember: false, data: {} })
    for (const each of [record, guest, newRecord({ id: 'other', userId: 'ada' })]) await store.create(each)
    await store.endAll('ada', revoked(), { id: record.id })

    const [words, ...lines] = (await hash('u:ada'))['abcdefgh']!.split('\n')
    const { createdAt, secretHash } = record
    expect(words).toMatch(/^\d{10} [\w-]{8,} cdefgh /)
    expect(words!.split(' ').slice(3)).toEqual(
      [day, createdAt, secretHash, 0, 'r', '+Firefox\x1fon\x1fLinux', 1, 0].map(String),
    )
    expect(lines).toEqual(['cart', '["tea"]', 'flash.1', '["ü"]'])
    expect(await hash('u:ada')).toEqual({
      abcdefgh: expect.anything(),
      other: expect.stringMatching(/^\d{10} [\w-]{8,} other \d+ revoked \d{13}$/),
      '*': expect.stringMatching(/^\d{10} [\w-]{8,} \* \d+ \d{13} abcdefgh \d{13}$/),
    })
    expect(Object.keys(await hash('g:guest'))).toEqual(['guest'])
    expect(((await server.ask('KEYS', '*')) as string[]).toSorted()).toEqual(['sojourn:g:guest', 'sojourn:u:ada'])
  })

  it.each([
    ['{"personId":42}', 1, 1.65],
    ['{"personId":42}', 3, 1.2],
    ['{"text":"' + 'x'.repeat(1000) + '"}', 1, 1.15],
  ])('takes little more memory than connect-redis: %.20s, of %i sessions a user', async (json, sessions, most) => {
    const store = redisStore(client)
    const data: object = JSON.parse(json)
    const texts = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, JSON.stringify(value)]))
    for (let at = 0; at < sessions; at++) {
      await store.create(
        newRecord({ id: `${at}`.repeat(22), secretHash: 'h'.repeat(43), userId: '100001', label: null, data: texts }),
      )
    }
    const cookie = { originalMaxAge: day, expires: new Date(), httpOnly: true, path: '/' }
    const peer = `sess:${'k'.repeat(32)}`
    await client.set(peer, JSON.stringify({ cookie, ...data }), { EX: 86_400 })

    // The key's entry in the server's table comes on top, for both.
    const bytesOf = async (key: string) => 60 + Number(await server.ask('MEMORY', 'USAGE', key))
    expect((await bytesOf('sojourn:u:100001')) / sessions / (await bytesOf(peer))).toBeLessThan(most)
  })

  it.each(['a b', 'a\x1fb', ' ', '', '\x1a0020', 'r 1 0'])('keeps a label as it is: %j', async (label) => {
    const store = redisStore(client)
    const record = newRecord({ label, idleTimeout: 60, absoluteTimeout: 3600, methods: [['a b', 1]] })
    await store.create(record)
    expect(await store.read(record)).toEqual(record)
  })

  it('reads a record of a caller that does not know the newest fields', async () => {
    const store = redisStore(client)
    const record = newRecord()
    const { idleTimeout: _idle, absoluteTimeout: _absolute, methods: _methods, ...older } = record
    await store.create(older as typeof record)
    expect(await store.read(record)).toEqual(record)
  })

  it('answers a command that is sent again as it did at first', async () => {
    const store = redisStore(sendingTwice(client))
    const ending = revoked()
    const [first, second, third] = [1, 2, 3].map((at) => newRecord({ userId: 'ada', createdAt: at })) as [
      Made,
      Made,
      Made,
    ]
    const over = newRecord({ userId: 'ada', expiresAt: Date.now() - 1 })
    for (const record of [first, second, over]) expect(await store.create(record)).toEqual(created)

    expect(await store.update(first, first, changeOf())).toBe(2)
    expect(await store.update(first, { ...first, version: 2 }, changeOf({ secretHash: 'new' }))).toBe(3)
    expect(await store.end(second, ending)).toBe(true)
    const limit = { max: 1, ending: { ...ending, ended: 'limit' } } as const
    expect(await store.create(third, { limit })).toEqual({ result: 'created', ended: [first.id] })
    expect(await store.endAll('ada', ending)).toEqual({ isDone: true, ended: [third.id], isConfirmed: true })
    expect(await store.read(over)).toEqual(ending)
  })

  it('answers a command as it did at first if it is sent again after its deadline', async () => {
    const store = redisStore(sendingTwice(client, true))
    const [guest, first, second] = [newRecord({ userId: null }), newRecord(), newRecord()]
    await store.create(guest) // and learn the server's clock
    const soon = () => Date.now() + 5000
    for (const record of [first, second]) expect(await store.create(record, {}, soon())).toEqual(created)
    expect(await store.update(first, first, changeOf(), soon())).toBe(2)
    const held = { ...first, version: 2 }
    expect(await store.update(first, held, changeOf({ secretHash: 'new' }), soon())).toBe(3)
    expect(await store.end(first, revoked(), soon())).toBe(true)
    const all = await store.endAll(second.userId!, revoked(), null, soon())
    expect(all).toMatchObject({ isDone: true, ended: [second.id] })
  })

  it('removes what expired when the user signs in the sixteenth time, is listed, or signed out everywhere', async () => {
    const store = redisStore(client)
    const records = Array.from({ length: 15 }, (_, at) =>
      newRecord({ id: `id ${at}`.replace(' ', '-'), userId: 'ada' }),
    )
    for (const record of records) await store.create(record)
    async function expire(id: string): Promise<void> {
      const value = await client.hGet('sojourn:u:ada', id)
      await client.hSet('sojourn:u:ada', id, value!.replace(/^\d+/, String(Math.floor(Date.now() / 1000) - 1)))
    }
    const has = async (id: string) => (await client.hExists('sojourn:u:ada', id)) === 1

    for (const id of ['id-0', 'id-1', 'id-2']) await expire(id)
    await store.create(newRecord({ userId: 'ada' }))
    expect(await has('id-0')).toBe(true)
    await store.create(newRecord({ userId: 'ada' }))
    expect([await has('id-0'), await has('id-1'), await has('id-3')]).toEqual([false, false, true])

    await expire('id-3')
    expect(await store.list('ada')).toHaveLength(13)
    expect(await has('id-3')).toBe(false)

    await expire('id-4')
    expect((await store.endAll('ada', revoked())).ended).toHaveLength(12)
    expect(await has('id-4')).toBe(false)
  })

  it.each([
    ['remains, if it is ten minutes old', -590, false],
    ['is written, if it is older', -610, true],
    ['is written, if it is of a server whose clock is ahead', 30, true],
  ])('the life of a record that changes %s', async (_name, seconds, isWritten) => {
    const store = redisStore(client)
    const record = newRecord({ id: 'one', userId: 'ada' })
    await store.create(record)
    const value = (await hash('u:ada'))['one']!
    const old = Number(value.slice(0, 10)) + seconds
    await client.hSet('sojourn:u:ada', 'one', old + value.slice(10))
    await client.pExpire('sojourn:u:ada', day)
    const found = (await store.read(record)) as Made
    expect(await store.update(record, { ...found, record: found }, changeOf())).toBe(2)

    const written = Number((await hash('u:ada'))['one']!.slice(0, 10))
    if (!isWritten) expect(written).toBe(old)
    else expect(Math.abs(written - Date.now() / 1000 - (day + hour) / 1000)).toBeLessThan(3)
    expect((await lifeOf('u:ada')) > day).toBe(isWritten)
    expect(await store.read(record)).toMatchObject({ version: 2, data: { cart: '[]' } })
  })

  it('publishes few notices if many sessions end at once', async () => {
    const store = redisStore(client)
    const records = Array.from({ length: 1200 }, () => newRecord({ userId: 'ada' }))
    await Promise.all(records.map((record) => store.create(record)))
    const ended = new Set<string>()
    const other = await connect(server)
    const stop = redisStore(other).watch!((notice) => {
      if (notice !== null && 'ended' in notice) ended.add(`${notice.id} ${notice.ended} ${notice.isGuest}`)
    })
    await pause(300)
    await server.ask('CONFIG', 'RESETSTAT')
    expect((await store.endAll('ada', revoked())).ended).toHaveLength(1200)
    await expect.poll(() => ended.size).toBe(1200)
    expect(ended).toEqual(new Set(records.map(({ id }) => `${id} revoked false`)))
    // Three of the store, and heartbeats.
    expect((await server.calls())['publish']).toBeLessThan(10)
    stop()
    other.destroy()
  })

  it('is handed its scripts again where it has forgotten them', async () => {
    const store = redisStore(client)
    const record = newRecord()
    for (const step of [
      () => store.create(record),
      () => store.update(record, record, changeOf()),
      () => store.list(record.userId!),
      () => store.end(record, revoked()),
    ]) {
      await server.ask('SCRIPT', 'FLUSH')
      await expect(step()).resolves.not.toBe(false)
    }
    expect(await store.read(record)).toMatchObject({ ended: 'revoked' })
  })

  it('drops a user an hour after what remains of the time of the last session, however far that is', async () => {
    const store = redisStore(client)
    const about = (life: number) => (found: number) => found > life - 5000 && found <= life
    const record = newRecord({ userId: 'ada', lastSeenAt: 5000, expiresAt: 5000 + day })
    await store.create(record)
    expect(await lifeOf('u:ada')).toSatisfy(about(day + hour))
    await store.update(record, record, changeOf({ lastSeenAt: 9000, expiresAt: 9000 + 2 * day }))
    expect(await lifeOf('u:ada')).toSatisfy(about(2 * day + hour))
    await store.create(newRecord({ userId: 'ada' }))
    expect(await lifeOf('u:ada')).toSatisfy(about(2 * day + hour))
    await store.end(record, { ended: 'signed-out', endedAt: 70, expiresAt: 70 })
    expect(await lifeOf('u:ada')).toSatisfy(about(2 * day + hour))
    await store.endAll('ada', { ended: 'revoked', endedAt: 70, expiresAt: 70 + 3 * day })
    expect(await lifeOf('u:ada')).toSatisfy(about(3 * day + hour))
    await store.endAll('eve', { ended: 'revoked', endedAt: 70, expiresAt: 70 + day })
    expect(await lifeOf('u:eve')).toSatisfy(about(day + hour))
    await store.putCutoff('joe', { at: 5000, spared: null, expiresAt: 5000 + day })
    expect(await lifeOf('u:joe')).toSatisfy(about(day + hour))

    for (const expiresAt of [Number.MAX_SAFE_INTEGER, 1e300, -1e300, 0.5]) {
      const far = newRecord({ lastSeenAt: 0, createdAt: 0, signedInAt: 0, expiresAt })
      expect(await store.create(far)).toEqual(created)
      expect(await lifeOf(`u:${far.userId}`)).toBeGreaterThan(hour - 5000)
      expect(await store.read(far)).toEqual(far)
      expect(await store.update(far, far, changeOf({ lastSeenAt: 0, expiresAt }))).toBe(2)
      expect(await store.list(far.userId!)).toHaveLength(1)
    }
  })

  it('keeps ten thousand keys, and a change of them all', async () => {
    const store = redisStore(client)
    const keys = Array.from({ length: 10_000 }, (_, at) => `key ${at}`)
    const record = newRecord({ data: Object.fromEntries(keys.map((key) => [key, '1'])) })
    await store.create(record)
    const set = Object.fromEntries(keys.slice(5000).map((key) => [key, '2']))
    await store.update(record, record, changeOf({ set, unset: keys.slice(0, 5000) }))
    expect(await store.read(record)).toMatchObject({ version: 2, data: set })
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
      for await (const entry of store.all()) all.push(entry)
      expect(all).toEqual([{ key: { id: 'same', userId: 'ada' }, found: expect.objectContaining({ label }) }])
    }
  })
})

/** A client that sends each script twice, as clients do whose connection broke before the reply, and gives the second reply. */
function sendingTwice(client: any, isLate = false): RedisClient {
  const twice = (name: string) => async (script: string, options: { arguments: string[] }) => {
    const first = await client[name](script, options)
    const [words, ...values] = options.arguments
    const late = { ...options, arguments: [words!.replace(/^;@\d+;/, ';@1;'), ...values] }
    // A script that did nothing at first was only refused, or has told what the record is.
    const wrote = !['late', '0'].includes(String(first[2]))
    return client[name](script, isLate && wrote ? late : options)
  }
  return {
    evalSha: twice('evalSha'),
    eval: twice('eval'),
    hGet: (key, field) => client.hGet(key, field),
  } as RedisClient
}

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
      const kept = newRecord()
      const lifeOf = ({ userId }: Made) => server.ask('PTTL', `sojourn:u:${userId}`)
      for (const each of [record, kept]) await store.create(each)
      await server.ask('CONFIG', 'SET', 'maxmemory', '1mb')
      if (forgets) await server.ask('SCRIPT', 'FLUSH')
      const another = newRecord()

      await expect(store.create(another)).rejects.toThrow(/OOM/)
      await expect(store.create(newRecord({ userId: null }))).rejects.toThrow(/OOM/)
      await expect(store.update(record, record, changeOf())).rejects.toThrow(/OOM/)
      await expect(store.update(record, record, changeOf({ set: {}, unset: ['big'] }))).rejects.toThrow(/OOM/)
      expect(await store.read(record)).toEqual(record)
      expect(await store.read(another)).toBe(null)
      expect(await store.list(record.userId!)).toHaveLength(1)
      expect(await store.list(another.userId!)).toEqual([])

      const ending = revoked()
      expect(await store.end(record, ending)).toBe(true)
      expect(await store.read(record)).toEqual(ending)
      expect(await store.list(record.userId!)).toEqual([])
      expect(await lifeOf(record)).toBeGreaterThan(day)

      expect(await store.endAll(kept.userId!, ending)).toEqual({ isDone: true, ended: [kept.id], isConfirmed: true })
      expect(await store.read(kept)).toEqual(ending)
      expect(await lifeOf(kept)).toBeGreaterThan(day)
      // The cutoff of a user who had no session needs room, and gets it.
      expect(await store.endAll(another.userId!, ending)).toMatchObject({ isDone: true })
      expect(await store.create(another, { openedAt: performance.now() - 1000 })).toMatchObject({ result: 'cut-off' })
      expect(await lifeOf(another)).toBeGreaterThan(day)
    })
  })
})
