import { describe, expect, it } from 'vitest'
import { both, move } from '../../src/move/index.ts'
import { isEnding, TooLate, type SessionRecord, type SessionStore } from '../../src/stores/store.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { sqliteStore } from '../../src/stores/sqlite/store.ts'
import { createChecks } from '../../src/testing/store-suite/create-checks.ts'
import { endChecks as endingChecks } from '../../src/testing/store-suite/end-checks.ts'
import { flowChecks } from '../../src/testing/store-suite/flow-checks.ts'
import { newRecord, createChange, createDataChange } from '../../src/testing/store-suite/kit.ts'
import { listChecks } from '../../src/testing/store-suite/list-checks.ts'
import { raceChecks } from '../../src/testing/store-suite/race-checks.ts'
import { sharingChecks } from '../../src/testing/store-suite/sharing-checks.ts'
import { storeSuite, type OpenedStore } from '../../src/testing/store-suite/store-suite.ts'
import { sweepChecks } from '../../src/testing/store-suite/sweep-checks.ts'
import { textChecks } from '../../src/testing/store-suite/text-checks.ts'
import { updateChecks } from '../../src/testing/store-suite/update-checks.ts'
import { distantStore, gone, testStore } from '../support/stores.ts'
import { atOnce, latenessAfter, renewBy, serverOn, untilListening, watchedOn } from '../support/watching.ts'

const rounds = 100
const endChecks = { ended: 'signed-out', endedAt: 1000, expiresAt: 4e12 } as const

/** The checks in which two processes take part. The others show nothing new of one view beside another. */
const shared = new Set(
  [createChecks, updateChecks, endingChecks, listChecks, textChecks, sharingChecks, sweepChecks, raceChecks, flowChecks]
    .flat()
    .filter(([, check]) => /\bother\b/.test(String(check)))
    .map(([name]) => name),
)

describe.each([false, true])('both, if the move is complete: %s,', (isMoved) => {
  const stores = async () => {
    const [to, from] = [distantStore(), distantStore()]
    if (isMoved) await move(from, to)
    return { store: both(to, from), another: () => both(to, from), alone: isMoved ? to : from, expiresByItself: false }
  }
  it.each(storeSuite(stores, { rounds }))('%s', (_name, check) => check())

  // Some servers use one store alone, before the move or after it, and others use both.
  const beside = async () => {
    const { store, alone } = await stores()
    return { store, another: () => alone, expiresByItself: false }
  }
  it.each(sharedSuite(beside))('beside one store: %s', (_name, check) => check())

  const under = async () => {
    const { store, alone } = await stores()
    return { store: alone, another: () => store, expiresByItself: false }
  }
  it.each(sharedSuite(under))('one store beside it: %s', (_name, check) => check())
})

it('more than 30 checks run beside one store', () => {
  expect(shared.size).toBeGreaterThan(30)
})

function sharedSuite(open: () => Promise<OpenedStore>) {
  return storeSuite(open, { rounds }).filter(([name]) => shared.has(name))
}

/** Two stores that a test can fail, and `both` of them. */
function pair() {
  const [to, from] = [testStore(), testStore()]
  return { to, from, store: both(to, from) }
}

/** Holds no version, so changes by others do not matter. */
const held = ({ secretHash }: SessionRecord) => ({ secretHash })

const recordIn = async (store: SessionStore, id: string): Promise<SessionRecord | null> => {
  const found = await store.read(id)
  return found === null || isEnding(found) ? null : found
}

describe('before the move', () => {
  it('a session that is read is copied to the new store, with the same version', async () => {
    const { to, from, store } = pair()
    const record = newRecord()
    await from.create(record)
    await store.read(record.id)
    expect(await to.read(record.id)).toEqual(record)
    // Two changes and a renewal at a server that has the old store alone.
    await from.update(record.id, held(record), createDataChange('cart', '["oil"]'))
    await from.update(record.id, held(record), {
      ...createChange({ unset: ['theme'] }),
      secretHash: 'renewed',
      label: null,
    })

    expect(await store.read(record.id)).toEqual(await from.read(record.id))
    expect(await to.read(record.id)).toEqual(await from.read(record.id))
    expect(await recordIn(to, record.id)).toMatchObject({ version: 2, secretHash: 'renewed', label: null })
  })

  it('a copy that is many versions behind is updated in one step', async () => {
    const { to, from, store } = pair()
    const record = newRecord()
    await store.create(record)
    for (let times = 1; times <= 1000; times++)
      await from.update(record.id, held(record), createDataChange('n', String(times)))
    to.calls.length = 0
    expect(await store.update(record.id, held(record), createDataChange('cart', '["oil"]'))).toBe(1001)

    // The first is rejected, because the copy is behind. The second updates it.
    expect(to.calls.filter((verb) => verb === 'update')).toHaveLength(2)
    expect(await to.read(record.id)).toEqual(await from.read(record.id))
  })

  it('an end in the old store alone counts, and an end in both is in each', async () => {
    const { to, from, store } = pair()
    const [one, two, three] = [newRecord(), newRecord(), newRecord()]
    for (const record of [one, two]) await store.create(record)
    await from.create(three)
    await from.end(one.id, endChecks)
    expect(await store.update(one.id, held(one), createDataChange('late', '1'))).toBeNull()
    expect(await store.read(one.id)).toEqual(endChecks)
    expect(await store.end(two.id, endChecks)).toBe(true)
    expect(await store.end(three.id, endChecks)).toBe(true)

    for (const { id } of [one, two, three])
      expect([await to.read(id), await from.read(id)]).toEqual([endChecks, endChecks])
  })

  it.each(['to', 'from'] as const)('an end that replicas of %s have not confirmed is unconfirmed', async (which) => {
    const { store, ...stores } = pair()
    const { end } = stores[which]
    stores[which].end = async (...args) => (await end(...args)) && 'unconfirmed'
    const record = newRecord()
    await store.create(record)

    expect(await store.end(record.id, endChecks)).toBe('unconfirmed')
    expect([await stores.to.read(record.id), await stores.from.read(record.id)]).toEqual([endChecks, endChecks])
  })

  it('an endChecks that only the new store has counts as well', async () => {
    const { to, from, store } = pair()
    const [one, two, three] = [newRecord(), newRecord(), newRecord()]
    for (const record of [one, two, three]) await store.create(record)
    for (const { id } of [one, two, three]) await to.end(id, endChecks)

    expect((await store.list('ada')).length).toBe(0)
    expect(await store.read(one.id)).toEqual(endChecks)
    expect(await store.update(two.id, held(two), createChange())).toBeNull()
    expect(await store.create({ ...three, version: 9 })).toBe(false)
    expect([await from.read(one.id), await from.read(two.id)]).toEqual([endChecks, endChecks])
  })

  it('the later of two cutoffs is kept in both, and `all` leaves out the record of the move', async () => {
    for (const [at, late] of [
      [100, 200],
      [200, 100],
    ] as const) {
      const { to, from, store } = pair()
      const note = { ...newRecord({ id: 'ended.of-ada', userId: null }), data: {} }
      await from.create({ ...note, lastSeenAt: at, version: 1, data: { note: `${at}` } })
      await to.create({ ...note, lastSeenAt: late, version: 7, data: { note: `${late}` } })

      for (const each of [store, from, to])
        expect(await each.read(note.id)).toMatchObject({ lastSeenAt: 200, data: { note: '200' } })
      await move(from, to)
      const given: string[] = []
      for await (const [id] of store.all!()) given.push(id)
      expect(given).toEqual([note.id])
      // It can still be written.
      const { version } = (await recordIn(store, note.id))!
      expect(await store.update(note.id, { ...held(note), version }, createDataChange('note', '300'))).toBe(version + 1)
    }
  })

  it('a session that is gone from the old store has ended, and does not return from the new one', async () => {
    const { to, from, store } = pair()
    const record = newRecord({ expiresAt: 5 })
    await store.create(record)
    await from.sweep!(6)

    expect(await store.read(record.id)).toBeNull()
    expect(await store.list('ada')).toEqual([])
    expect([await from.read(record.id), await to.read(record.id)]).toEqual([null, record])
  })

  it.each(['to', 'from'] as const)(
    'rejects if %s fails, and the next call completes a half-done change',
    async (which) => {
      const stores = pair()
      const { store, from, to } = stores
      const [one, two] = [newRecord(), newRecord()]
      await store.create(one)
      for (const call of [
        () => store.read(one.id),
        () => store.update(one.id, held(one), createDataChange('half', '1')),
        () => store.create(two),
        () => store.list('ada'),
        () => store.end(one.id, endChecks),
      ]) {
        stores[which].fail()
        await expect(call()).rejects.toBe(gone)
        stores[which].heal()
        for (const { id } of [one, two]) {
          await store.read(id)
          expect(await to.read(id)).toEqual(await from.read(id))
        }
      }
    },
  )

  it('repeats in the second store what succeeded in the first, even after `until`', async () => {
    const { to, from, store } = pair()
    const inTime =
      <Args extends unknown[], Answer>(ask: (...args: Args) => Promise<Answer>, at: number) =>
      async (...args: Args): Promise<Answer> => {
        if (args[at] !== undefined) throw new TooLate('late')
        return ask(...args)
      }
    to.create = inTime(to.create, 1)
    to.update = inTime(to.update, 3)
    to.end = inTime(to.end, 2)
    const record = newRecord()
    expect(await store.create(record, 1)).toBe(true)
    expect(await store.update(record.id, held(record), createDataChange('cart', '[]'), 1)).toBe(1)
    expect(await to.read(record.id)).toEqual(await from.read(record.id))
    expect(await store.end(record.id, endChecks, 1)).toBe(true)
    expect(await to.read(record.id)).toEqual(endChecks)

    from.end = inTime(from.end, 2)
    await expect(store.end(record.id, endChecks, 1)).rejects.toThrow(TooLate)
  })
})

describe('after the move', () => {
  it('the new store decides, at once, for servers that already use both', async () => {
    const { to, from, store } = pair()
    const record = newRecord()
    await store.create(record)
    await move(from, to)
    await to.update(record.id, held(record), createDataChange('cart', '["oil"]'))
    const started = newRecord()
    await to.create(started)

    expect(await recordIn(store, record.id)).toMatchObject({ data: { cart: '["oil"]' }, version: 1 })
    expect(await store.read(started.id)).toEqual(started)
    // It is copied to the old store, so that the move can be undone.
    expect(await from.read(started.id)).toEqual(started)
  })

  it('a change that is under way when the move completes is not lost', async () => {
    for (const point of ['before', 'after'] as const) {
      const { to, from, store } = pair()
      const record = newRecord()
      await store.create(record)
      const writing = from.hold('update', point)
      const answer = store.update(record.id, held(record), createDataChange('mine', '1'))
      await writing.reached
      await move(from, to)
      await to.update(record.id, held(record), createDataChange('other', '1'))
      writing.release()

      expect(await answer).toBe(2)
      expect(await recordIn(store, record.id)).toMatchObject({ data: { mine: '1', other: '1' } })
    }
  })

  it('the old store decides until a move back is complete', async () => {
    const { to, from } = pair()
    const record = newRecord()
    await from.create(record)
    await move(from, to)
    await to.update(record.id, held(record), createDataChange('cart', '["oil"]'))
    const back = both(from, to)

    expect(await recordIn(back, record.id)).toMatchObject({ data: { cart: '["oil"]' } })
    await move(to, from)
    await from.update(record.id, held(record), createDataChange('cart', '["milk"]'))
    expect(await recordIn(back, record.id)).toMatchObject({ data: { cart: '["milk"]' } })
    // The same move a second time.
    expect(await recordIn(both(to, from), record.id)).toMatchObject({ data: { cart: '["milk"]' } })
  })
})

it('has `watch` and `all` if both stores have it, and `sweep` if one has', async () => {
  const { default: Database } = await import('libsql')
  const memory = memoryStore()
  expect(both(memory, memoryStore())).toMatchObject({ watch: expect.any(Function), all: expect.any(Function) })
  const mixed = both(memory, sqliteStore(new Database(':memory:') as never))
  expect(mixed.watch).toBeUndefined()
  const { sweep: _sweep, all: _all, ...bare } = memoryStore()
  expect(both(bare, memory)).toMatchObject({ sweep: expect.any(Function) })
  expect(both(bare, memory).all).toBeUndefined()
})

it.each(['the old', 'the new'] as const)(
  'notifies watchers of a renewal by a server that has only %s store',
  async (which) => {
    const [to, from] = [memoryStore(), memoryStore()]
    const store = both(to, from)
    const watched = await watchedOn(serverOn(store))
    if (which === 'the new') await move(from, to)
    await untilListening()
    expect(watched.signal.aborted).toBe(false)
    const there = serverOn(which === 'the new' ? to : from)
    expect(await latenessAfter(watched.signal, () => renewBy(there, watched))).toBeLessThan(atOnce)
    expect(watched.signal.reason).toBe('renewed')
  },
)
