import { afterEach, describe, expect, it, vi } from 'vitest'
import { both, move, type MoveProgress } from '../../src/move/index.ts'
import { isEnding, type SessionRecord, type SessionStore } from '../../src/stores/store.ts'
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
    if (at % 10 === 0) await from.end(record.id, ending)
  }
  return { from, records }
}

/** Whatever others changed meanwhile. */
const held = ({ secretHash }: SessionRecord) => ({ secretHash })

/** Ends a session of a store that has no room for an ending. */
async function endWithoutTrace(store: SessionStore, { id }: SessionRecord): Promise<void> {
  await store.end(id, { ...ending, expiresAt: -1 })
  await store.sweep!(0)
}

async function inside(store: SessionStore): Promise<Map<string, unknown>> {
  const all = new Map<string, unknown>()
  for await (const [id, found] of store.all!()) if (id !== 'moved.here') all.set(id, { ...found })
  return all
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
    expect(await to.read('moved.here')).toBeNull()
  })

  it('rehearses it with decide: false, and the old store still decides', async () => {
    const { from, records } = await filled()
    const to = memoryStore()

    expect(await move(from, to, { decide: false })).toMatchObject({ moved: 180, ended: 20, differing: 0 })
    expect(await inside(to)).toEqual(await inside(from))
    for (const store of [from, to]) expect(await store.read('moved.here')).toBeNull()
    const [, one, two] = records
    await from.update(one!.id, held(one!), createDataChange('cart', '["oil"]'))
    await from.end(two!.id, ending)
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
    expect(await to.read('moved.here')).toBeNull()

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
    await from.update(one!.id, held(one!), createDataChange('cart', '["oil"]'))
    await from.update(two!.id, held(two!), { ...createChange(), secretHash: 'renewed' })
    for (let times = 0; times < 1000; times++)
      await from.update(three!.id, held(three!), createDataChange('count', String(times)))

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
    await to.update(record.id, held(record), createDataChange('cart', '["oil"]'))

    expect(await move(from, to)).toMatchObject({ moved: 179, already: 0, differing: 1 })
    expect(await to.read(record.id)).toMatchObject({ data: { cart: '["oil"]' } })
    expect(await to.read('moved.here')).toBeNull()
  })

  it('a second run copies only endings: a session missing in the new store may have ended there', async () => {
    const { from, records } = await filled()
    const to = memoryStore()
    await move(from, to)
    const [, one, two, three] = records
    await to.update(one!.id, held(one!), { ...createChange(), secretHash: 'renewed' })
    await endWithoutTrace(to, two!)
    await from.end(three!.id, ending)
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
    expect(await to.read(two!.id)).toBeNull()
  })

  it('stops copying when another move is done', async () => {
    const { from, records } = await filled()
    const to = testStore()
    const [, one, two] = records
    await to.create(two!)
    await from.update(two!.id, held(two!), { ...createChange(), lastSeenAt: 7 })
    // As many as are moved concurrently.
    const copying = Array.from({ length: 50 }, () => to.hold('create'))
    const first = move(from, to)
    await copying[49]!.reached
    await move(from, to)
    await to.update(two!.id, held(two!), { ...createChange(), lastSeenAt: 8 })
    for (const { id } of records) if (id !== two!.id) await endWithoutTrace(to, { ...one!, id })
    for (const { release } of copying) release()

    const { moved, left } = await first
    expect(moved).toBeLessThanOrEqual(50)
    expect(left).toBeGreaterThanOrEqual(120)
    expect(await to.read(two!.id)).toMatchObject({ lastSeenAt: 8 })
  })

  it('back again ends in the store of before what is over since, also where no ending was left', async () => {
    const { from, records } = await filled()
    const to = memoryStore()
    const note = newRecord({ id: 'ended.of-a-user' })
    await from.create(note)
    await move(from, to)
    const [, one, two, three] = records
    for (const record of [one!, note]) await endWithoutTrace(to, record)
    await to.update(two!.id, held(two!), createDataChange('cart', '["oil"]'))
    const late = newRecord({ createdAt: Date.now() + 1000 })
    await from.create(late)

    expect(await move(to, from, { dryRun: true })).toMatchObject({ ended: 21 })
    expect(await from.read(one!.id)).toEqual(one)
    expect(await move(to, from)).toMatchObject({ moved: 1, already: 178, ended: 21, differing: 0, left: 0 })
    expect(await from.read(one!.id)).toMatchObject({ ended: 'revoked' })
    expect(await from.read(two!.id)).toMatchObject({ data: { cart: '["oil"]' } })
    for (const record of [three!, note, late]) expect(await from.read(record.id)).toEqual(record)
  })

  it('moves the cutoffs of users with the sessions, does not count them, and keeps the later of two, there and back', async () => {
    const note = (id: string, at: number, version: number) =>
      newRecord({
        id: `ended.${id}`,
        secretHash: 'none',
        userId: null,
        lastSeenAt: at,
        version,
        data: { note: `${at}` },
      })
    const { from } = await filled(10)
    const to = memoryStore()
    for (const id of ['kept', 'earlier', 'later']) await from.create(note(id, 100, 5))
    const reported: MoveProgress[] = []
    const onProgress = (progress: MoveProgress) => reported.push(progress)

    expect(await move(from, to, { onProgress })).toMatchObject({ moved: 9, already: 0, ended: 1, differing: 0 })
    expect(reported.at(-1)).toEqual({ step: 'verifying', done: 10, total: 10 })
    // A store that lost one, or was emptied, creates it again like this.
    const createCutoff = async (id: string, at: number) => {
      await endWithoutTrace(to, note(id, 0, 0))
      await to.create(note(id, at, 1))
    }
    await createCutoff('later', 200)
    // A server that has the old store alone still.
    await from.create(note('late', 300, 1))
    await from.update('ended.kept', { secretHash: 'none' }, { ...createDataChange('note', '300'), lastSeenAt: 300 })
    expect(await move(from, to)).toMatchObject({ moved: 0, already: 9, ended: 1, differing: 0, left: 0 })
    await createCutoff('earlier', 50)
    expect(await move(to, from)).toMatchObject({ moved: 0, already: 9, ended: 1, differing: 0, left: 0 })
    for (const store of [to, from])
      for (const [id, at] of [
        ['kept', 300],
        ['later', 200],
        ['late', 300],
      ] as const)
        expect(await store.read(`ended.${id}`)).toMatchObject({ lastSeenAt: at, data: { note: `${at}` } })
    expect(await from.read('ended.earlier')).toMatchObject({ lastSeenAt: 100, data: { note: '100' } })
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
    expect(await from.read(record.id)).toMatchObject({ ended: 'revoked' })
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
        await target.update(each.id, held(each), { ...createChange(), secretHash: 'renewed' })
      expect(await both(target, source).read(record.id)).toMatchObject({ secretHash: 'renewed' })
      expect(await both(source, target).read(record.id)).toMatchObject({ secretHash: 'renewed' })
      for (const { id } of records.slice(21, at + 21))
        expect(await target.read(id)).toMatchObject({ secretHash: 'renewed' })
    }
  })

  it('revives nothing: what ended in either store has ended in the new one', async () => {
    const { from, records } = await filled()
    const to = memoryStore()
    const [, one, two] = records
    for (const record of [one!, two!]) await to.create(record)
    await to.end(one!.id, ending)
    await from.end(two!.id, ending)

    expect(await move(from, to)).toMatchObject({ moved: 178, ended: 22 })
    for (const { id } of [one!, two!]) expect(await to.read(id)).toEqual(ending)
  })

  it.each(['before', 'after'] as const)(
    'ends what is ended %s its copy is written, also where no ending is left',
    async (point) => {
      for (const end of [
        (store: SessionStore, id: string) => store.end(id, ending),
        (store: SessionStore) => store.sweep!(6),
      ]) {
        const [from, to] = [memoryStore(), testStore()]
        const record = newRecord({ expiresAt: 5 })
        await from.create(record)
        const copying = to.hold('create', point)
        const moving = move(from, to)
        await copying.reached
        await end(from, record.id)
        copying.release()
        await moving

        expect(await to.read(record.id)).toMatchObject({ ended: 'revoked' })
      }
    },
  )

  it('while servers with both end, change and begin sessions: what they answered holds', async () => {
    const { from, records } = await filled(2000)
    const to = memoryStore()
    const servers = [both(to, from), both(to, from)]
    const [ends, kept] = [new Set<string>(), new Map<string, string>()]
    const over = new AbortController()
    const traffic = Array.from({ length: 8 }, async (_, at) => {
      for (let n = at; !over.signal.aborted; n += 8) {
        const { id, secretHash } = records[(n * 7) % records.length]!
        const server = servers[n % 2]!
        if (n % 3 === 0) {
          await server.end(id, ending)
          ends.add(id)
        } else if ((await server.update(id, { secretHash }, createDataChange('n', String(n)))) !== null)
          kept.set(id, String(n))
        const begun = newRecord()
        if (n % 5 === 0 && (await server.create(begun))) kept.set(begun.id, '')
        await new Promise(setImmediate)
      }
    })
    const { differing } = await move(from, to)
    over.abort()
    await Promise.all(traffic)

    expect(differing).toBe(0)
    expect([ends.size > 0, kept.size > 0]).toEqual([true, true])
    const wrongs: string[] = []
    for (const { id } of records) {
      const found = await to.read(id)
      if (found === null || isEnding(found) !== isEnding((await from.read(id))!)) wrongs.push(`${id} is another`)
      if (ends.has(id) && !isEnding(found!)) wrongs.push(`${id} is back`)
    }
    for (const [id, n] of kept) {
      const found = await to.read(id)
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
  })
})
