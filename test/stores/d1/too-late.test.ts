import Database from 'libsql'
import { describe, expect, it } from 'vitest'
import { TooLate, type SessionStore } from '../../../src/index.ts'
import { d1Store } from '../../../src/stores/d1/store.ts'
import { changeOf, created, newRecord, pause, revoked } from '../../support/records.ts'

const minuteMs = 60_000

/** A database with D1's functions. Its network delays a batch by `delayMs`, and its clock is ahead by `aheadMs`. */
async function openDatabase() {
  const db = new Database(':memory:')
  const settings = { delayMs: 0, aheadMs: 0, batches: 0 }
  const store = d1Store({
    prepare: (sql) => ({ bind: (...values) => ({ sql, values }) }),
    async batch(statements: { sql: string; values: unknown[] }[]) {
      settings.batches++
      if (settings.delayMs > 0) await pause(settings.delayMs)
      const runAll = db.transaction(() =>
        statements.map(({ sql, values }) => {
          const clock = `(unixepoch('subsec') + ${settings.aheadMs / 1000})`
          const statement = db.prepare(sql.replaceAll(`unixepoch('subsec')`, clock))
          const isReader = /RETURNING|^SELECT/.test(sql)
          return { results: isReader ? statement.all(values) : (statement.run(values), []) }
        }),
      )
      return runAll()
    },
  })
  await store.createTable()
  const dump = () => [db.prepare('SELECT * FROM sojourn_sessions').all(), cutoffs()]
  const cutoffs = () => db.prepare('SELECT * FROM sojourn_sessions_cutoffs').all()
  return { store, settings, dump }
}

const present = newRecord({ userId: 'ada' })
const limit = { max: 1, ending: revoked() }

const writes: [string, (store: SessionStore, until: number) => Promise<unknown>][] = [
  ['create', (store, until) => store.create(newRecord(), {}, until)],
  ['create with a limit', (store, until) => store.create(newRecord({ userId: 'ada' }), { limit }, until)],
  ['update of the data', (store, until) => store.update(present, present, changeOf(), until)],
  ['update of the last use', (store, until) => store.update(present, present, changeOf({ set: {} }), until)],
  ['end', (store, until) => store.end(present, revoked(), until)],
  ['endAll', (store, until) => store.endAll('ada', revoked(), null, until)],
]

describe.each(writes)('%s', (_, write) => {
  it('writes nothing and rejects with TooLate if D1 executes it after `until`', async () => {
    const { store, settings, dump } = await openDatabase()
    await store.create(present)
    const before = dump()
    settings.delayMs = 20
    await expect(write(store, Date.now() + 10)).rejects.toThrow(TooLate)
    expect(dump()).toEqual(before)
  })

  it.each([10 * minuteMs, -10 * minuteMs])('is done in time if the clock of D1 is ahead by %i ms', async (aheadMs) => {
    const { store, settings, dump } = await openDatabase()
    await store.create(present)
    const before = dump()
    settings.aheadMs = aheadMs
    await write(store, Date.now() + 1000)
    expect(dump()).not.toEqual(before)
    settings.batches = 0
    await store.create(newRecord(), {}, Date.now() + 1000)
    expect(settings.batches).toBe(1)
  })

  it.each([10 * minuteMs, -10 * minuteMs])('is too late by a clock that is ahead by %i ms as well', async (aheadMs) => {
    const { store, settings, dump } = await openDatabase()
    settings.aheadMs = aheadMs
    // The reply to a write shows the clock.
    await store.create(present)
    const before = dump()
    settings.delayMs = 20
    await expect(write(store, Date.now() + 10)).rejects.toThrow(TooLate)
    expect(dump()).toEqual(before)
  })
})

it('a late write does not undo a later sign-in', async () => {
  const { store, settings } = await openDatabase()
  settings.delayMs = 20
  const late = store.endAll('ada', revoked(), null, Date.now() + 10)
  settings.delayMs = 0
  expect(await store.create(present)).toEqual(created)
  await expect(late).rejects.toThrow(TooLate)
  expect(await store.list('ada')).toHaveLength(1)
})

it('the conditions of a cutoff hold in a call that is repeated for a clock that is ahead', async () => {
  const { store, settings } = await openDatabase()
  settings.aheadMs = 10 * minuteMs
  const openedBefore = performance.now() - 100
  await store.endAll('ada', revoked())
  const until = () => Date.now() + 1000
  const before = await store.create(newRecord({ userId: 'ada' }), { openedAt: openedBefore }, until())
  expect(before.result).toBe('cut-off')
  // Instead of a wait, so that a slow machine changes nothing.
  settings.aheadMs += minuteMs
  const after = await store.create(newRecord({ userId: 'ada' }), { openedAt: performance.now() }, until())
  expect(after).toEqual(created)
})
