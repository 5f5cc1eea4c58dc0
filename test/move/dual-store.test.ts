import { describe, expect, it } from 'vitest'
import { both, move } from '../../src/move/index.ts'
import {
  isEnding,
  TooLate,
  type SessionKey,
  type SessionRecord,
  type SessionStore,
  type StoreEntry,
} from '../../src/stores/store.ts'
import { memoryStore } from '../../src/stores/memory.ts'
import { sqliteStore } from '../../src/stores/sqlite/store.ts'
import { newRecord, createChange, createDataChange } from '../../src/testing/store-suite/kit.ts'
import { checks, storeSuite, type OpenedStore } from '../../src/testing/store-suite/store-suite.ts'
import { distantStore, gone, testStore } from '../support/stores.ts'
import { atOnce, latenessAfter, renewBy, serverOn, untilListening, watchedOn } from '../support/watching.ts'

const rounds = 20
const endChecks = { ended: 'signed-out', endedAt: 1000, expiresAt: 4e12 } as const

/** The checks in which two processes take part. The others show nothing new of one view beside another. */
const shared = new Set(checks.filter(([, check]) => /\bother\b/.test(String(check))).map(([name]) => name))

describe.each([false, true])('both, if the move is complete: %s,', (isMoved) => {
  const stores = async () => {
    const [to, from] = [distantStore(), distantStore()]
    if (isMoved) await move(from, to)
    return { store: both(to, from), another: () => both(to, from), alone: isMoved ? to : from, expiresByItself: false }
  }
  it.concurrent.each(storeSuite(stores, { rounds }))('%s', (_name, check) => check())

  // Some servers use one store alone, before the move or after it, and others use both.
  const beside = async () => {
    const { store, alone } = await stores()
    return { store, another: () => alone, expiresByItself: false }
  }
  it.concurrent.each(sharedSuite(beside))('beside one store: %s', (_name, check) => check())

  const under = async () => {
    const { store, alone } = await stores()
    return { store: alone, another: () => store, expiresByItself: false }
  }
  it.concurrent.each(sharedSuite(under))('one store beside it: %s', (_name, check) => check())
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

const recordIn = async (store: SessionStore, key: SessionKey): Promise<SessionRecord | null> => {
  const found = await store.read(key)
  return found === null || isEnding(found) ? null : found
}

describe('before the move', () => {
  it('a session that is read is copied to the new store, with the same version', async () => {
    const { to, from, store } = pair()
    const record = newRecord()
    await from.create(record)
    await store.read(record)
    expect(await to.read(record)).toEqual(record)
    // Two changes and a renewal at a server that has the old store alone.
    await from.update(record, held(record), createDataChange('cart', '["oil"]'))
    await from.update(record, held(record), {
      ...createChange({ unset: ['theme'] }),
      secretHash: 'renewed',
      label: null,
    })

    expect(await store.read(record)).toEqual(await from.read(record))
    expect(await to.read(record)).toEqual(await from.read(record))
    expect(await recordIn(to, record)).toMatchObject({ version: 2, secretHash: 'renewed', label: null })
  })

  it('a copy that is many versions behind is updated in one step', async () => {
    const { to, from, store } = pair()
    const record = newRecord()
    await store.create(record)
    for (let times = 1; times <= 1000; times++)
      await from.update(record, held(record), createDataChange('n', String(times)))
    to.calls.length = 0
    expect(await store.update(record, held(record), createDataChange('cart', '["oil"]'))).toBe(1001)

    // The first is rejected, because the copy is behind. The second updates it.
    expect(to.calls.filter((verb) => verb === 'update')).toHaveLength(2)
    expect(await to.read(record)).toEqual(await from.read(record))
  })

  it('an end in the old store alone counts, and an end in both is in each', async () => {
    const { to, from, store } = pair()
    const [one, two, three] = [newRecord(), newRecord(), newRecord()]
    for (const record of [one, two]) await store.create(record)
    await from.create(three)
    await from.end(one, endChecks)
    expect(await store.update(one, held(one), createDataChange('late', '1'))).toBeNull()
    expect(await store.read(one)).toEqual(endChecks)
    expect(await store.end(two, endChecks)).toBe(true)
    expect(await store.end(three, endChecks)).toBe(true)

    for (const record of [one, two, three])
      expect([await to.read(record), await from.read(record)]).toEqual([endChecks, endChecks])
  })

  it.each(['to', 'from'] as const)('an end that replicas of %s have not confirmed is unconfirmed', async (which) => {
    const { store, ...stores } = pair()
    const { end } = stores[which]
    stores[which].end = async (...args) => (await end(...args)) && 'unconfirmed'
    const record = newRecord()
    await store.create(record)

    expect(await store.end(record, endChecks)).toBe('unconfirmed')
    expect([await stores.to.read(record), await stores.from.read(record)]).toEqual([endChecks, endChecks])
  })

  it('an endChecks that only the new store has counts as well', async () => {
    const { to, from, store } = pair()
    const [one, two, three] = [newRecord(), newRecord(), newRecord()]
    for (const record of [one, two, three]) await store.create(record)
    for (const record of [one, two, three]) await to.end(record, endChecks)

    expect((await store.list('ada')).length).toBe(0)
    expect(await store.read(one)).toEqual(endChecks)
    expect(await store.update(two, held(two), createChange())).toBeNull()
    expect(await store.create({ ...three, version: 9 })).toMatchObject({ result: 'taken' })
    expect([await from.read(one), await from.read(two)]).toEqual([endChecks, endChecks])
  })

  it('endAll ends the sessions of both stores, and sets both cutoffs', async () => {
    const { to, from, store } = pair()
    const [one, two, spared] = [newRecord(), newRecord(), newRecord()]
    await store.create(one)
    // Two sessions that a server with the old store alone created.
    for (const record of [two, spared]) await from.create(record)
    const { ended, ...answer } = await store.endAll('ada', endChecks, { id: spared.id })

    expect(answer).toEqual({ isDone: true, isConfirmed: true })
    expect(ended.toSorted()).toEqual([one.id, two.id].toSorted())
    for (const each of [to, from]) {
      for (const record of [one, two]) expect(await each.read(record)).toEqual(endChecks)
      expect(await each.read(spared)).toEqual(spared)
      expect(await each.create(newRecord(), { openedAt: performance.now() - 60_000 })).toMatchObject({
        result: 'cut-off',
      })
    }
  })

  it('endAll does nothing if the session to spare has ended in the new store alone', async () => {
    const { to, from, store } = pair()
    const [one, two] = [newRecord(), newRecord()]
    for (const record of [one, two]) await store.create(record)
    await to.end(two, endChecks)

    expect(await store.endAll('ada', endChecks, { id: two.id })).toMatchObject({ isDone: false, ended: [] })
    expect([await to.read(one), await from.read(one)]).toEqual([one, one])
    expect(await from.read(two)).toEqual(endChecks)
  })

  it('the old store decides who spares: a server that has it alone was faster', async () => {
    const { to, from, store } = pair()
    const [mine, theirs] = [newRecord(), newRecord()]
    for (const record of [mine, theirs]) await store.create(record)
    const asking = from.hold('endAll')
    const answer = store.endAll('ada', endChecks, { id: mine.id })
    await asking.reached
    await from.endAll('ada', endChecks, { id: theirs.id })
    asking.release()

    expect(await answer).toMatchObject({ isDone: false, ended: [] })
    expect(await store.read(mine)).toEqual(endChecks)
    for (const each of [to, from]) expect(await each.read(theirs)).toEqual(theirs)
  })

  it('a limit ends sessions in both stores, and the old store counts them', async () => {
    const { to, from, store } = pair()
    const [first, second, third] = [newRecord({ createdAt: 1 }), newRecord({ createdAt: 2 }), newRecord()]
    for (const record of [first, second]) await from.create(record)
    const limit = { max: 2, ending: { ...endChecks, ended: 'limit' as const } }

    expect(await store.create(third, { limit })).toEqual({ result: 'created', ended: [first.id] })
    for (const each of [to, from]) expect(await each.read(first)).toEqual(limit.ending)
    expect(await store.create(newRecord(), { limit: { max: 2, ending: null } })).toMatchObject({ result: 'full' })
  })

  it('`all` yields cutoffs, and leaves out the record of the move', async () => {
    const { to, from, store } = pair()
    await store.putCutoff!('ada', { at: 100, spared: 'x', expiresAt: 4e12 })
    await move(from, to)
    for (const each of [store, from, to]) {
      const cutoffs: StoreEntry[] = []
      for await (const entry of each.all!()) if ('cutoff' in entry) cutoffs.push(entry)
      expect(cutoffs).toEqual([{ userId: 'ada', cutoff: { at: 100, spared: 'x', expiresAt: 4e12 } }])
    }
    for await (const entry of store.all!()) expect(entry).toHaveProperty('cutoff')
  })

  it('a session that is gone from the old store has ended, and does not return from the new one', async () => {
    const { to, from, store } = pair()
    const record = newRecord({ expiresAt: 5 })
    await store.create(record)
    await from.sweep!(6)

    expect(await store.read(record)).toBeNull()
    expect(await store.list('ada')).toEqual([])
    expect([await from.read(record), await to.read(record)]).toEqual([null, record])
  })

  it.each(['to', 'from'] as const)(
    'rejects if %s fails, and the next call completes a half-done change',
    async (which) => {
      const stores = pair()
      const { store, from, to } = stores
      const [one, two] = [newRecord(), newRecord()]
      await store.create(one)
      for (const call of [
        () => store.read(one),
        () => store.update(one, held(one), createDataChange('half', '1')),
        () => store.create(two),
        () => store.list('ada'),
        () => store.end(one, endChecks),
      ]) {
        stores[which].fail()
        await expect(call()).rejects.toBe(gone)
        stores[which].heal()
        for (const record of [one, two]) {
          await store.read(record)
          expect(await to.read(record)).toEqual(await from.read(record))
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
    to.create = inTime(to.create, 2)
    to.update = inTime(to.update, 3)
    to.end = inTime(to.end, 2)
    const record = newRecord()
    expect(await store.create(record, {}, 1)).toMatchObject({ result: 'created' })
    expect(await store.update(record, held(record), createDataChange('cart', '[]'), 1)).toBe(1)
    expect(await to.read(record)).toEqual(await from.read(record))
    expect(await store.end(record, endChecks, 1)).toBe(true)
    expect(await to.read(record)).toEqual(endChecks)

    // A late one could end a session that began after it.
    const { endAll } = to
    to.endAll = inTime(to.endAll, 3)
    await expect(store.endAll('ada', endChecks, null, 1)).rejects.toThrow(TooLate)
    to.endAll = endAll
    from.end = inTime(from.end, 2)
    await expect(store.end(record, endChecks, 1)).rejects.toThrow(TooLate)
  })
})

describe('after the move', () => {
  it('the new store decides, at once, for servers that already use both', async () => {
    const { to, from, store } = pair()
    const record = newRecord()
    await store.create(record)
    await move(from, to)
    await to.update(record, held(record), createDataChange('cart', '["oil"]'))
    const started = newRecord()
    await to.create(started)

    expect(await recordIn(store, record)).toMatchObject({ data: { cart: '["oil"]' }, version: 1 })
    expect(await store.read(started)).toEqual(started)
    // It is copied to the old store, so that the move can be undone.
    expect(await from.read(started)).toEqual(started)
  })

  it('a change that is under way when the move completes is not lost', async () => {
    for (const point of ['before', 'after'] as const) {
      const { to, from, store } = pair()
      const record = newRecord()
      await store.create(record)
      const writing = from.hold('update', point)
      const answer = store.update(record, held(record), createDataChange('mine', '1'))
      await writing.reached
      await move(from, to)
      await to.update(record, held(record), createDataChange('other', '1'))
      writing.release()

      expect(await answer).toBe(2)
      expect(await recordIn(store, record)).toMatchObject({ data: { mine: '1', other: '1' } })
    }
  })

  it('a sign-in that is under way when the move completes obeys a cutoff of the new store', async () => {
    const { to, from, store } = pair()
    const record = newRecord()
    const creating = from.hold('create', 'after')
    const answer = store.create(record, { openedAt: performance.now() })
    await creating.reached
    await move(from, to)
    // The session may be there already, as a copy.
    await to.endAll('ada', endChecks)
    creating.release()
    await answer

    for (const each of [to, from, store]) expect(await recordIn(each, record)).toBeNull()
  })

  it('a sign-in that the old store has just accepted is refused by a cutoff of the new one', async () => {
    const { to, from, store } = pair()
    const record = newRecord()
    const creating = to.hold('create')
    const answer = store.create(record, { openedAt: performance.now() })
    await creating.reached
    await to.endAll('ada', endChecks)
    creating.release()

    expect(await answer).toEqual({ result: 'cut-off', ended: [] })
    for (const each of [to, from, store]) expect(await recordIn(each, record)).toBeNull()
  })

  it('the old store decides until a move back is complete', async () => {
    const { to, from } = pair()
    const record = newRecord()
    await from.create(record)
    await move(from, to)
    await to.update(record, held(record), createDataChange('cart', '["oil"]'))
    const back = both(from, to)

    expect(await recordIn(back, record)).toMatchObject({ data: { cart: '["oil"]' } })
    await move(to, from)
    await from.update(record, held(record), createDataChange('cart', '["milk"]'))
    expect(await recordIn(back, record)).toMatchObject({ data: { cart: '["milk"]' } })
    // The same move a second time.
    expect(await recordIn(both(to, from), record)).toMatchObject({ data: { cart: '["milk"]' } })
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
