import Database from 'libsql'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { sqliteStore, type SqliteDatabase } from '../../../src/stores/sqlite/store.ts'
import {
  addRecord,
  assertCreate,
  assertEnding,
  assertLive,
  assertRecord,
  createChange,
  newRecord,
  runConcurrently,
  sampleEnding,
  tomorrow,
} from '../../../src/testing/store-suite/kit.ts'
import { sqliteFiles } from '../../support/sqlite-files.ts'

const { newFile, opened } = sqliteFiles()

afterEach(() => void vi.useRealTimers())

const many = 230

/** A connection on which each transaction after the first fails, as in a process that is killed. */
function dyingAfterOne(file: string): SqliteDatabase {
  const db = new Database(file)
  let transactions = 0
  return {
    exec(sql) {
      if (sql === 'BEGIN IMMEDIATE' && ++transactions > 1) throw new Error('killed')
      return db.exec(sql)
    },
    prepare: (sql) => db.prepare(sql),
  }
}

/** A user with many sessions, whose `endAll` was cut off after its first step. */
async function cutOff() {
  const { db, file, store } = opened()
  const records = await runConcurrently(many, () => addRecord(store))
  const spared = records[100]!
  await sqliteStore(dyingAfterOne(file)).endAll('ada', sampleEnding, spared)
  const rows = () =>
    db.prepare('SELECT count(*) AS count FROM sojourn_sessions WHERE ended IS NULL').all() as { count: number }[]
  expect(rows()[0]!.count).toBeGreaterThan(100)
  return { db, file, store, records, spared, ended: records.filter((record) => record !== spared), rows }
}

describe('an endAll whose process dies half-way', () => {
  it('has ended all sessions but the spared one, for each call', async () => {
    const { store, spared, ended } = await cutOff()
    await assertLive(store, 'ada', [spared])
    await assertRecord(store, spared)
    for (const record of ended) await assertEnding(store, record)
    const last = ended.at(-1)!
    expect(await store.update(last, last, createChange({ set: { a: '1' } }))).toBeNull()
    expect(await store.end(last, sampleEnding)).toBe(false)
    await assertCreate(store, newRecord({ id: last.id }), 'taken')
    await assertCreate(store, newRecord(), 'cut-off', { openedAt: performance.now() - 60_000 })
    const live: string[] = []
    for await (const entry of store.all!()) if ('key' in entry && 'data' in entry.found) live.push(entry.key.id)
    expect(live).toEqual([spared.id])
  })

  it('leaves room for new sessions within the limit', async () => {
    const { store, spared } = await cutOff()
    const limit = { max: 2, ending: { ...sampleEnding, ended: 'limit' } } as const
    await assertCreate(store, newRecord({ createdAt: tomorrow }), 'created', { limit })
    await assertCreate(store, newRecord({ createdAt: tomorrow }), 'created', { limit }, [spared.id])
    expect(await store.list('ada')).toHaveLength(2)
  })

  it('does not end sessions that begin later, also if the last ones were removed, or the file was compacted', async () => {
    const { db, store, spared } = await cutOff()
    db.exec('DELETE FROM sojourn_sessions WHERE seq > 200; VACUUM')
    const later = await addRecord(store)
    await assertLive(store, 'ada', [spared, later])
  })

  it('may be followed by one that spares no session, or one that has ended', async () => {
    const { store, spared, ended, rows } = await cutOff()
    expect(await store.endAll('ada', sampleEnding, ended.at(-1)!)).toMatchObject({ isDone: false, ended: [] })
    await assertLive(store, 'ada', [spared])
    const later = await addRecord(store)
    const second = await store.endAll('ada', { ...sampleEnding, ended: 'revoked' })
    expect(second.ended.toSorted()).toEqual([spared.id, later.id].toSorted())
    await assertLive(store, 'ada', [])
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 })
    await store.sweep(1)
    expect(rows()).toEqual([{ count: 0 }])
  })

  it('stays in force if another call finishes its own part', async () => {
    const { file, store } = opened()
    const records = await runConcurrently(many, () => addRecord(store))
    const spared = records.at(-1)!
    const first = store.endAll('ada', sampleEnding, spared)
    expect((await sqliteStore(dyingAfterOne(file)).endAll('ada', sampleEnding)).ended).toEqual([spared.id])
    expect((await first).ended).toHaveLength(many - 1)
    await assertEnding(store, spared)
    await assertLive(store, 'ada', [])
  })

  it('is finished by a sweep a minute later', async () => {
    const { db, store, spared, ended, rows } = await cutOff()
    await store.sweep(1)
    expect(rows()[0]!.count).toBeGreaterThan(100)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 })
    await store.sweep(1)
    expect(rows()).toEqual([{ count: 1 }])
    expect(db.prepare('SELECT * FROM sojourn_sessions_unfinished').all()).toEqual([])
    await assertRecord(store, spared)
    for (const record of ended) await assertEnding(store, record)
  })
})

describe('an endAll of many sessions', () => {
  it('is answered when its first step has decided, with all sessions that ended', async () => {
    const { file, store } = opened()
    const records = await runConcurrently(1200, () => addRecord(store))
    const { isDone, ended } = await sqliteStore(dyingAfterOne(file)).endAll('ada', sampleEnding, records[700]!)
    expect(isDone).toBe(true)
    expect(ended.toSorted()).toEqual(records.flatMap(({ id }, at) => (at === 700 ? [] : [id])).toSorted())
  })

  it('changes a few rows at a time, and other work has a turn in between', async () => {
    const db = new Database(newFile())
    let turns = 0
    const steps: { rows: number; turn: number }[] = []
    const store = sqliteStore({
      exec: (sql) => db.exec(sql),
      prepare: (sql) => ({
        all(...values) {
          const rows = db.prepare(sql).all(...values)
          if (sql.startsWith('UPDATE')) steps.push({ rows: rows.length, turn: turns })
          return rows
        },
      }),
    })
    const records = await runConcurrently(many, () => addRecord(store))
    let others = setImmediate(function turn() {
      turns++
      others = setImmediate(turn)
    })
    const { ended } = await store.endAll('ada', sampleEnding)
    await vi.waitFor(() => expect(db.prepare('SELECT * FROM sojourn_sessions_unfinished').all()).toEqual([]), 5000)
    clearImmediate(others)
    expect(ended.toSorted()).toEqual(records.map(({ id }) => id).toSorted())
    expect(steps.map(({ rows }) => rows)).toEqual([50, 50, 50, 50, 30])
    // Those after the first, which decides.
    expect(new Set(steps.slice(1).map(({ turn }) => turn)).size).toBe(4)
  })

  it('and another of the same user report each session once', async () => {
    const { file, store } = opened()
    const other = opened(file).store
    const records = await runConcurrently(many, () => addRecord(store))
    const [first, second] = await Promise.all([
      store.endAll('ada', sampleEnding, records[5]!),
      other.endAll('ada', sampleEnding),
    ])
    expect([...first.ended, ...second.ended].toSorted()).toEqual(records.map(({ id }) => id).toSorted())
    expect(second.ended).toContain(records[5]!.id)
    await assertLive(store, 'ada', [])
  })

  it('reports none that had expired', async () => {
    const { store } = opened()
    const endedAt = tomorrow
    const [expired, live] = [
      await addRecord(store, { expiresAt: endedAt }),
      await addRecord(store, { expiresAt: endedAt + 1 }),
    ]
    expect((await store.endAll('ada', { ...sampleEnding, endedAt })).ended).toEqual([live.id])
    await assertEnding(store, expired, { ...sampleEnding, endedAt })
  })
})

it('a sign-in that may have been opened before an endAll is cut off, though the clock has whole milliseconds', async () => {
  const now = 1_800_000_000_000
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now })
  const { store } = opened()
  await store.endAll('ada', sampleEnding)
  vi.setSystemTime(now + 1)
  // Both clocks may have been just before their next millisecond, or just after it.
  await assertCreate(store, newRecord(), 'cut-off', { openedAt: performance.now() - 0.5 })
  vi.setSystemTime(now + 2)
  await assertCreate(store, newRecord(), 'created', { openedAt: performance.now() - 0.5 })
})

it('a session whose ending has no room on the disk is removed', async () => {
  const db = new Database(newFile())
  const store = sqliteStore({
    exec: (sql) => db.exec(sql),
    prepare: (sql) => ({
      all(...values) {
        if (/^UPDATE \w+ SET ended/.test(sql)) throw new Error('database or disk is full')
        return db.prepare(sql).all(...values)
      },
    }),
  })
  const [record, other] = [await addRecord(store), await addRecord(store)]
  expect(await store.end(record, sampleEnding)).toBe(true)
  expect(await store.end(record, sampleEnding)).toBe(false)
  expect(await store.read(record)).toBeNull()
  await assertRecord(store, other)
})
