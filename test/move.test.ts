import { describe, expect, it } from 'vitest'
import { both, move, type MoveProgress } from '../src/move.ts'
import { isEnding, type SessionRecord, type SessionStore } from '../src/store.ts'
import { memoryStore } from '../src/stores/memory.ts'
import { newRecord, touch, write } from '../src/testing/store-suite/kit.ts'
import { testStore } from './support/stores.ts'

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

async function inside(store: SessionStore): Promise<Map<string, unknown>> {
  const all = new Map<string, unknown>()
  for await (const [id, found] of store.all!()) if (id !== 'moved.here') all.set(id, { ...found })
  return all
}

describe('move', () => {
  it('moves every record and every ending, and takes none away', async () => {
    const { from } = await filled()
    const before = await inside(from)
    const to = memoryStore()

    expect(await move(from, to)).toEqual({ moved: 180, already: 0, ended: 20, differing: 0, took: expect.any(Number) })
    expect(await inside(to)).toEqual(before)
    expect(await inside(from)).toEqual(before)
    expect(await to.list('user-200')).toHaveLength(180)
    expect(await move(from, to)).toMatchObject({ moved: 0, already: 180, ended: 20 })
  })

  it('tells how far it is, of how many', async () => {
    const { from } = await filled()
    const told: MoveProgress[] = []
    await move(from, memoryStore(), { onProgress: (progress) => told.push(progress) })

    expect([...new Set(told.map(({ step }) => step))]).toEqual(['counting', 'moving', 'verifying'])
    expect(told).toHaveLength(600)
    expect(told.slice(0, 200).every(({ total }) => total === null)).toBe(true)
    expect(told.at(-1)).toEqual({ step: 'verifying', done: 200, total: 200 })
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

  it('goes on where it was stopped', async () => {
    const { from } = await filled()
    const to = memoryStore()
    const stopping = new AbortController()
    const reason = new Error('enough')
    const onProgress = ({ step, done }: MoveProgress) => step === 'moving' && done === 100 && stopping.abort(reason)
    await expect(move(from, to, { signal: stopping.signal, onProgress })).rejects.toBe(reason)
    const there = await inside(to)
    expect(there.size).toBeGreaterThan(99)
    expect(there.size).toBeLessThan(200)
    // Nobody is told to leave the old store before all is there.
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
    const to = memoryStore()
    await move(from, to, { dryRun: true })
    const [, one, two, three] = records
    for (const record of [one!, two!, three!]) await to.create(record)
    await from.update(one!.id, held(one!), write('cart', '["oil"]'))
    await from.update(two!.id, held(two!), { ...touch(), secretHash: 'renewed' })
    for (let times = 0; times < 50; times++) await from.update(three!.id, held(three!), write('count', String(times)))

    expect(await move(from, to)).toMatchObject({ moved: 180, already: 0, differing: 0 })
    expect(await inside(to)).toEqual(await inside(from))
  })

  it('leaves alone what was changed further in the new store, and says so: the old one goes on deciding', async () => {
    const { from, records } = await filled()
    const to = memoryStore()
    const record = records[1]!
    await to.create(record)
    await to.update(record.id, held(record), write('cart', '["oil"]'))

    expect(await move(from, to)).toMatchObject({ moved: 179, already: 0, differing: 1 })
    expect(await to.read(record.id)).toMatchObject({ data: { cart: '["oil"]' } })
    expect(await to.read('moved.here')).toBeNull()
  })

  it('once done, done again adds what is missing and leaves alone what went on in the new store', async () => {
    const { from, records } = await filled()
    const to = memoryStore()
    await move(from, to)
    const record = records[1]!
    await to.update(record.id, held(record), { ...touch(), secretHash: 'renewed' })
    const late = newRecord()
    await from.create(late)

    expect(await move(from, to)).toMatchObject({ moved: 1, already: 180, differing: 0 })
    expect(await to.read(record.id)).toMatchObject({ secretHash: 'renewed' })
    expect(await to.read(late.id)).toEqual(late)
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
        } else if ((await server.update(id, { secretHash }, write('n', String(n)))) !== null) kept.set(id, String(n))
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
