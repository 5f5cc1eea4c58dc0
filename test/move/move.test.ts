import { afterEach, describe, expect, it, vi } from 'vitest'
import { both, move, type MoveProgress } from '../../src/move/index.ts'
import {
  isEnding,
  type Cutoff,
  type SessionKey,
  type SessionRecord,
  type SessionStore,
} from '../../src/stores/store.ts'
import { isMoveMarker, moveMarkerKey } from '../../src/stores/reserved-ids.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { newRecord, createChange, createDataChange } from '../../src/testing/store-suite/kit.ts'
import { testStore } from '../support/stores.ts'

const ending = { ended: 'revoked', endedAt: 1000, expiresAt: 4e12 } as const

/** A store with so many sessions, of which each tenth has ended. */
async function filled(count = 200) {
  const from = memoryStore()
  const records = Array.from({ length: count }, () => newRecord({ userId: `user-${count}` }))
  for (const [at, record] of records.entries()) {
    await from.create(record)
    if (at % 10 === 0) await from.end(record, ending)
  }
  return { from, records }
}

/** Whatever others changed meanwhile. */
const held = ({ secretHash }: SessionRecord) => ({ secretHash })

/** Ends a session of a store that has no room for an ending. */
async function endWithoutTrace(store: SessionStore, key: SessionKey): Promise<void> {
  await store.end(key, { ...ending, expiresAt: -1 })
  await store.sweep!(0)
}

async function inside(store: SessionStore): Promise<Map<string, unknown>> {
  const all = new Map<string, unknown>()
  for await (const entry of store.all!())
    if ('key' in entry && !isMoveMarker(entry.key)) all.set(entry.key.id, { ...entry.found })
  return all
}

async function cutoffsIn(store: SessionStore): Promise<Record<string, Cutoff>> {
  const cutoffs: Record<string, Cutoff> = {}
  for await (const entry of store.all!()) if ('cutoff' in entry) cutoffs[entry.userId] = entry.cutoff
  return cutoffs
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('move', () => {
  it('moves every record and every ending, and removes none', async () => {
    const { from } = await filled()
    const before = await inside(from)
    const to = memoryStore()

    expect(await move(from, to)).toEqual({
      moved: 180,
      already: 0,
      ended: 20,
      differing: 0,
      left: 0,
      took: expect.any(Number),
    })
    expect(await inside(to)).toEqual(before)
    expect(await inside(from)).toEqual(before)
    expect(await to.list('user-200')).toHaveLength(180)
    expect(await move(from, to)).toMatchObject({ moved: 0, already: 180, ended: 20 })
  })

  it('reports its progress, and the total', async () => {
    const { from } = await filled()
    const reported: MoveProgress[] = []
    await move(from, memoryStore(), { onProgress: (progress) => reported.push(progress) })

    expect([...new Set(reported.map(({ step }) => step))]).toEqual(['counting', 'moving', 'verifying'])
    expect(reported).toHaveLength(600)
    expect(reported.slice(0, 200).every(({ total }) => total === null)).toBe(true)
    expect(reported.at(-1)).toEqual({ step: 'verifying', done: 200, total: 200 })
  })

  it('leaves others their turn', async () => {
    const { from } = await filled(1000)
    let turns = 0
    const count = (): void => void (turns++, (next = setImmediate(count)))
    let next = setImmediate(count)
    await move(from, memoryStore())
    clearImmediate(next)

    expect(turns).toBeGreaterThan(30)
  })

  it('looks only, with dryRun', async () => {
    const { from } = await filled()
    const to = memoryStore()

    expect(await move(from, to, { dryRun: true })).toMatchObject({ moved: 180, already: 0, ended: 20, differing: 0 })
    expect([...(await inside(to))]).toEqual([])
    expect(await to.read(moveMarkerKey)).toBeNull()
  })

  it('rehearses it with decide: false, and the old store still decides', async () => {
    const { from, records } = await filled()
    const to = memoryStore()

    expect(await move(from, to, { decide: false })).toMatchObject({ moved: 180, ended: 20, differing: 0 })
    expect(await inside(to)).toEqual(await inside(from))
    for (const store of [from, to]) expect(await store.read(moveMarkerKey)).toBeNull()
    const [, one, two] = records
    await from.update(one!, held(one!), createDataChange('cart', '["oil"]'))
    await from.end(two!, ending)
    expect(await move(from, to)).toMatchObject({ moved: 1, already: 178, ended: 21, differing: 0 })
    expect(await inside(to)).toEqual(await inside(from))
  })

  it('continues where it was stopped', async () => {
    const { from } = await filled()
    const to = memoryStore()
    const stopping = new AbortController()
    const reason = new Error('enough')
    const onProgress = ({ step, done }: MoveProgress) => step === 'moving' && done === 100 && stopping.abort(reason)
    await expect(move(from, to, { signal: stopping.signal, onProgress })).rejects.toBe(reason)
    const there = await inside(to)
    expect(there.size).toBeGreaterThan(99)
    expect(there.size).toBeLessThan(200)
    // No server is asked to leave the old store before all is copied.
    expect(await to.read(moveMarkerKey)).toBeNull()

    const { moved, already } = await move(from, to)
    expect([moved > 0, already > 0, moved + already]).toEqual([true, true, 180])
    expect(await inside(to)).toEqual(await inside(from))
  })

  it('rejects with what a store says that fails', async () => {
    const { from } = await filled()
    for (const verb of ['create', 'read', 'end'] as const) {
      const to = testStore()
      to.fail([verb])
      await expect(move(from, to)).rejects.toThrow('ECONNREFUSED')
    }
  })

  it('brings up what is older in the new store', async () => {
    const { from, records } = await filled()
    const to = testStore()
    const [, one, two, three] = records
    for (const record of [one!, two!, three!]) await to.create(record)
    await from.update(one!, held(one!), createDataChange('cart', '["oil"]'))
    await from.update(two!, held(two!), { ...createChange(), secretHash: 'renewed' })
    for (let times = 0; times < 1000; times++)
      await from.update(three!, held(three!), createDataChange('count', String(times)))

    expect(await move(from, to)).toMatchObject({ moved: 180, already: 0, differing: 0 })
    expect(await inside(to)).toEqual(await inside(from))
    // However many versions it is behind.
    expect(to.calls.filter((verb) => verb === 'update')).toHaveLength(3)
  })

  it('leaves alone sessions that changed further in the new store, and says so: the old store still decides', async () => {
    const { from, records } = await filled()
    const to = memoryStore()
    const record = records[1]!
    await to.create(record)
    await to.update(record, held(record), createDataChange('cart', '["oil"]'))

    expect(await move(from, to)).toMatchObject({ moved: 179, already: 0, differing: 1 })
    expect(await to.read(record)).toMatchObject({ data: { cart: '["oil"]' } })
    expect(await to.read(moveMarkerKey)).toBeNull()
  })

  it('a second run copies only endings: a session missing in the new store may have ended there', async () => {
    const { from, records } = await filled()
    const to = memoryStore()
    await move(from, to)
    const [, one, two, three] = records
    await to.update(one!, held(one!), { ...createChange(), secretHash: 'renewed' })
    await endWithoutTrace(to, two!)
    await from.end(three!, ending)
    const [late, over] = [newRecord(), newRecord({ expiresAt: 5 })]
    for (const record of [late, over]) await from.create(record)
    const there = await inside(to)
    there.set(three!.id, ending)

    for (const dryRun of [true, false, false])
      expect(await move(from, to, { dryRun })).toMatchObject({
        moved: 0,
        already: 178,
        differing: 0,
        left: 2,
        ended: 21,
      })
    expect(await inside(to)).toEqual(there)
    expect(await to.read(two!)).toBeNull()
  })

  it('stops copying when another move is done', async () => {
    const { from, records } = await filled()
    const to = testStore()
    const [, , two] = records
    await to.create(two!)
    await from.update(two!, held(two!), { ...createChange(), lastSeenAt: 7 })
    // As many as are moved concurrently.
    const copying = Array.from({ length: 50 }, () => to.hold('create'))
    const first = move(from, to)
    await copying[49]!.reached
    await move(from, to)
    await to.update(two!, held(two!), { ...createChange(), lastSeenAt: 8 })
    for (const record of records) if (record !== two) await endWithoutTrace(to, record)
    for (const { release } of copying) release()

    const { moved, left } = await first
    expect(moved).toBeLessThanOrEqual(50)
    expect(left).toBeGreaterThanOrEqual(120)
    expect(await to.read(two!)).toMatchObject({ lastSeenAt: 8 })
  })

  it('back again ends in the store of before what is over since, also where no ending was left', async () => {
    const { from, records } = await filled()
    const to = memoryStore()
    await move(from, to)
    const [, one, two, three] = records
    await endWithoutTrace(to, one!)
    await to.update(two!, held(two!), createDataChange('cart', '["oil"]'))
    const late = newRecord({ createdAt: Date.now() + 1000 })
    await from.create(late)

    expect(await move(to, from, { dryRun: true })).toMatchObject({ ended: 21 })
    expect(await from.read(one!)).toEqual(one)
    expect(await move(to, from)).toMatchObject({ moved: 1, already: 178, ended: 21, differing: 0, left: 0 })
    expect(await from.read(one!)).toMatchObject({ ended: 'revoked' })
    expect(await from.read(two!)).toMatchObject({ data: { cart: '["oil"]' } })
    for (const record of [three!, late]) expect(await from.read(record)).toEqual(record)
  })

  it('moves the cutoffs of users with the sessions, does not count them, and keeps the later of two, there and back', async () => {
    const cutoff = (at: number): Cutoff => ({ at, spared: `id-${at}`, expiresAt: 4e12 })
    const { from } = await filled(10)
    const to = memoryStore()
    for (const userId of ['kept', 'earlier', 'later']) await from.putCutoff!(userId, cutoff(100))
    const reported: MoveProgress[] = []
    const onProgress = (progress: MoveProgress) => reported.push(progress)

    expect(await move(from, to, { dryRun: true })).toMatchObject({ moved: 9, ended: 1 })
    expect(await cutoffsIn(to)).toEqual({})
    expect(await move(from, to, { onProgress })).toMatchObject({ moved: 9, already: 0, ended: 1, differing: 0 })
    expect(reported.at(-1)).toEqual({ step: 'verifying', done: 10, total: 10 })
    await to.putCutoff!('later', cutoff(200))
    // A server that has the old store alone still.
    for (const userId of ['kept', 'late']) await from.putCutoff!(userId, cutoff(300))
    expect(await move(from, to)).toMatchObject({ moved: 0, already: 9, ended: 1, differing: 0, left: 0 })
    expect(await move(to, from)).toMatchObject({ moved: 0, already: 9, ended: 1, differing: 0, left: 0 })
    for (const store of [to, from])
      expect(await cutoffsIn(store)).toEqual({
        kept: cutoff(300),
        earlier: cutoff(100),
        later: cutoff(200),
        late: cutoff(300),
      })
  })

  it('a sign-in that was opened before revokeAll is refused after the move too', async () => {
    const [from, to] = [memoryStore(), memoryStore()]
    const spared = newRecord()
    await from.endAll('ada', ending, { id: spared.id, openedAt: performance.now() - 5 })
    await move(from, to)

    expect(await to.create(newRecord(), { openedAt: performance.now() - 60_000 })).toMatchObject({ result: 'cut-off' })
    expect(await to.create(spared, { openedAt: performance.now() - 60_000 })).toMatchObject({ result: 'created' })
  })

  it('moves timeouts and methods, and brings them up in the new store', async () => {
    const [from, to] = [memoryStore(), memoryStore()]
    const [kept, changed] = [newRecord(), newRecord()]
    for (const record of [kept, changed]) await from.create(record)
    await to.create(changed)
    const fields = { methods: [['passkey', 9]], idleTimeout: 60, absoluteTimeout: null } as const
    await from.update(changed, held(changed), createChange(fields))
    await move(from, to)

    expect(await to.read(kept)).toEqual(kept)
    expect(await to.read(changed)).toMatchObject(fields)
  })

  it('keeps the ending of a session that the new store never had under the key of its user', async () => {
    const [from, to] = [memoryStore(), memoryStore()]
    const record = newRecord()
    await from.create(record)
    await from.end(record, ending)
    await move(from, to)

    expect(await to.read(record)).toEqual(ending)
    expect(await to.create(record)).toMatchObject({ result: 'taken' })
    expect(await to.read({ id: record.id, userId: null })).toBeNull()
  })

  it('takes for a session whatever is no record of the library’s own, also with a dot in its id', async () => {
    const { from } = await filled(10)
    const [to, record] = [memoryStore(), newRecord({ id: 'v1.of-another-format' })]
    await move(from, to)
    await from.create(record)
    expect(await move(from, to)).toMatchObject({ moved: 0, already: 9, left: 1 })

    await to.create(record)
    await endWithoutTrace(to, record)
    expect(await move(to, from)).toMatchObject({ already: 9, ended: 2 })
    expect(await from.read(record)).toMatchObject({ ended: 'revoked' })
  })

  it('there, back and there again, each time the store that they were moved to last decides', async () => {
    const { from, records } = await filled()
    const [one, other] = [from, testStore()]
    const ways = [
      [one, other],
      [other, one],
      [one, other],
    ] as const
    for (const [at, [source, target]] of ways.entries()) {
      // Whatever the clocks say, and where there was no room for the second note, or it was stopped before that.
      vi.spyOn(Date, 'now').mockReturnValue(1e12 - at)
      if (at === 1) other.fail(['update'])
      expect(await move(source, target)).toMatchObject({ differing: 0, left: 0 })
      other.heal()
      const [record, unread] = [records[at + 1]!, records[at + 21]!]
      for (const each of [record, unread])
        await target.update(each, held(each), { ...createChange(), secretHash: 'renewed' })
      expect(await both(target, source).read(record)).toMatchObject({ secretHash: 'renewed' })
      expect(await both(source, target).read(record)).toMatchObject({ secretHash: 'renewed' })
      for (const each of records.slice(21, at + 21))
        expect(await target.read(each)).toMatchObject({ secretHash: 'renewed' })
    }
  })

  it('revives nothing: what ended in either store has ended in the new one', async () => {
    const { from, records } = await filled()
    const to = memoryStore()
    const [, one, two] = records
    for (const record of [one!, two!]) await to.create(record)
    await to.end(one!, ending)
    await from.end(two!, ending)

    expect(await move(from, to)).toMatchObject({ moved: 178, ended: 22 })
    for (const record of [one!, two!]) expect(await to.read(record)).toEqual(ending)
  })

  it.each(['before', 'after'] as const)(
    'ends what is ended %s its copy is written, also where no ending is left',
    async (point) => {
      for (const end of [
        (store: SessionStore, key: SessionKey) => store.end(key, ending),
        (store: SessionStore) => store.sweep!(6),
      ]) {
        const [from, to] = [memoryStore(), testStore()]
        const record = newRecord({ expiresAt: 5 })
        await from.create(record)
        const copying = to.hold('create', point)
        const moving = move(from, to)
        await copying.reached
        await end(from, record)
        copying.release()
        await moving

        expect(await to.read(record)).toMatchObject({ ended: 'revoked' })
      }
    },
  )

  it('while servers with both end, change and begin sessions: what they answered holds', async () => {
    const { from, records } = await filled(2000)
    const to = memoryStore()
    const servers = [both(to, from), both(to, from)]
    const [ends, kept] = [new Set<SessionRecord>(), new Map<SessionRecord, string>()]
    const over = new AbortController()
    const traffic = Array.from({ length: 8 }, async (_, at) => {
      for (let n = at; !over.signal.aborted; n += 8) {
        const record = records[(n * 7) % records.length]!
        const server = servers[n % 2]!
        if (n % 3 === 0) {
          await server.end(record, ending)
          ends.add(record)
        } else if ((await server.update(record, held(record), createDataChange('n', String(n)))) !== null)
          kept.set(record, String(n))
        const begun = newRecord()
        if (n % 5 === 0 && (await server.create(begun)).result === 'created') kept.set(begun, '')
        await new Promise(setImmediate)
      }
    })
    const { differing } = await move(from, to)
    over.abort()
    await Promise.all(traffic)

    expect(differing).toBe(0)
    expect([ends.size > 0, kept.size > 0]).toEqual([true, true])
    const wrongs: string[] = []
    for (const record of records) {
      const found = await to.read(record)
      if (found === null || isEnding(found) !== isEnding((await from.read(record))!))
        wrongs.push(`${record.id} is another`)
      if (ends.has(record) && !isEnding(found!)) wrongs.push(`${record.id} is back`)
    }
    for (const [record, n] of kept) {
      const { id } = record
      const found = await to.read(record)
      if (found === null) wrongs.push(`${id} is lost`)
      else if (!isEnding(found) && n !== '' && found.data['n'] !== n) wrongs.push(`${id} lost ${n}`)
    }
    expect(wrongs).toEqual([])
  })

  it('refuses what it cannot move', async () => {
    const store = memoryStore()
    const { all: _all, ...without } = memoryStore()
    await expect(move(store, store)).rejects.toThrow(expect.objectContaining({ code: 'ERR_OPTIONS' }))
    await expect(move(without, store)).rejects.toThrow(expect.objectContaining({ code: 'ERR_OPTIONS' }))
    // Without it, a sign-in that revokeAll refused before the move could work after it.
    const { putCutoff: _putCutoff, ...careless } = memoryStore()
    await expect(move(store, careless)).rejects.toThrow(expect.objectContaining({ code: 'ERR_OPTIONS' }))
  })
})
