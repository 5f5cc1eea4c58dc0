import { statSync } from 'node:fs'
import Database from 'libsql'
import { describe, expect, it } from 'vitest'
import { sqliteStore, type SqliteDatabase } from '../../../src/stores/sqlite/store.ts'
import {
  addRecord,
  endRecord,
  sampleEnding,
  assertRecord,
  assertEnding,
  newRecord,
  tomorrow,
  createChange,
} from '../../../src/testing/store-suite/kit.ts'
import { sqliteFiles } from '../../support/sqlite-files.ts'

const { newFile, opened } = sqliteFiles()

describe('the database', () => {
  it('is in WAL mode, and keeps its busy_timeout and user_version', () => {
    const { db } = opened()
    expect(db.prepare('PRAGMA journal_mode').all()).toEqual([{ journal_mode: 'wal' }])
    expect(db.prepare('PRAGMA busy_timeout').all()).toEqual([{ timeout: 0 }])
    expect(db.prepare('PRAGMA user_version').all()).toEqual([{ user_version: 0 }])
  })

  it('lets statements of its owner wait as long as the owner wants', () => {
    const db = new Database(newFile())
    db.exec('PRAGMA busy_timeout = 70')
    sqliteStore(db)
    expect(db.prepare('PRAGMA busy_timeout').all()).toEqual([{ timeout: 70 }])
  })

  it('waits for others who put it in WAL mode in the same instant, when SQLite does not', async () => {
    const db = new Database(newFile())
    let refusals = 2
    const contended: SqliteDatabase = {
      exec: (sql) => db.exec(sql),
      prepare(sql) {
        if (sql === 'PRAGMA journal_mode = WAL' && refusals-- > 0) throw new Error('database is locked')
        return db.prepare(sql)
      },
    }
    const store = sqliteStore(contended)
    await assertRecord(store, await addRecord(store))
    expect(db.prepare('PRAGMA journal_mode').all()).toEqual([{ journal_mode: 'wal' }])
  })

  it('that was closed is reported, because a driver may crash the process', async () => {
    const { db, store } = opened()
    const key = await addRecord(store)
    db.close()
    await expect(store.read(key)).rejects.toMatchObject({ code: 'ERR_STORE_CLIENT' })
    await expect(store.end(key, sampleEnding)).rejects.toThrow(/was closed/)
  })

  it('is refused where it cannot be in WAL mode', () => {
    const db = new Database(newFile())
    const stuck: SqliteDatabase = {
      exec: (sql) => db.exec(sql),
      prepare: (sql) => db.prepare(sql === 'PRAGMA journal_mode = WAL' ? 'PRAGMA journal_mode' : sql),
    }
    expect(() => sqliteStore(stuck)).toThrow(
      expect.objectContaining({ code: 'ERR_STORE_CLIENT', message: expect.stringContaining('local disk') }),
    )
  })

  it('may be in memory', async () => {
    const store = sqliteStore(new Database(':memory:'))
    await assertRecord(store, await addRecord(store))
  })

  it('keeps what it holds for the next process, and several tables apart', async () => {
    const { db, file, store } = opened()
    const record = await addRecord(store)
    expect(await sqliteStore(db, { table: 'others' }).read(record)).toBeNull()
    db.close()
    await assertRecord(opened(file).store, record)
  })

  it('answers with numbers where the connection gives bigints', async () => {
    const db = new Database(newFile())
    db.defaultSafeIntegers(true)
    const store = sqliteStore(db)
    const record = await addRecord(store, { userId: 'ada' })
    await assertRecord(store, record)
    expect(await store.update(record, record, createChange({ set: { a: '1' } }))).toBe(1)
    await endRecord(store, record)
    await assertEnding(store, record)
  })

  it('is not the application’s alone: a transaction of it that is open refuses sessions, both ways', async () => {
    const { db, store } = opened()
    const record = await addRecord(store)
    db.exec('BEGIN')
    for (const call of [
      () => store.read(record),
      () => store.end(record, sampleEnding),
      () => store.endAll('ada', sampleEnding),
      () => store.create(newRecord()),
      () => store.list('ada'),
    ]) {
      await expect(call()).rejects.toMatchObject({
        code: 'ERR_STORE_CLIENT',
        message: expect.stringMatching(/connection of its own/),
      })
    }
    db.exec('ROLLBACK')
    await assertRecord(store, record)
  })
})

describe('wrong use', () => {
  const refused = (db: unknown, options?: { table: string }) => {
    try {
      sqliteStore(db as SqliteDatabase, options)
    } catch (error) {
      return error
    }
    return null
  }

  it.each([
    ['nothing', undefined],
    ['a file’s name', 'sessions.db'],
    ['a client that answers later', { exec: async () => {}, prepare: async () => ({ all: async () => [] }) }],
    ['a statement that answers later', { exec() {}, prepare: () => ({ all: async () => [{ one: 1 }] }) }],
    ['rows that are lists', { exec() {}, prepare: () => ({ all: () => [[1]] }) }],
  ])('is refused: %s', (_name, db) => {
    expect(refused(db)).toMatchObject({
      code: 'ERR_STORE_CLIENT',
      message: expect.stringMatching(/^sqliteStore takes an open database/),
    })
  })

  it('is refused: a table of that name that is not ours', () => {
    const db = new Database(newFile())
    db.exec('CREATE TABLE sessions (id TEXT)')
    expect(refused(db, { table: 'sessions' })).toMatchObject({
      code: 'ERR_STORE_CLIENT',
      message: expect.stringMatching(/Name another/),
    })
  })

  it.each(['', 'a b', 'a"b', 'a;b', '1a', 'x'.repeat(64)])('is refused: %j as the name of a table', (table) => {
    expect(refused(new Database(newFile()), { table })).toMatchObject({ code: 'ERR_OPTIONS' })
  })
})

describe('at a hundred thousand', () => {
  it('sweeps in steps that others do not notice', { timeout: 60_000 }, async () => {
    const { db, file, store } = opened()
    const insert = db.prepare(
      `INSERT INTO sojourn_sessions (id, user_id, secret_hash, version, created_at, last_seen_at, expires_at, remember, data)
       WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
       SELECT hex(randomblob(16)), 'user-' || (i % 1000), hex(randomblob(16)), 0, 0, 0, ${tomorrow} + i, 1, '{}' FROM n`,
    )
    insert.run()
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    let [steps, turns, journal] = [0, 0, 0]
    let others = setImmediate(function turn() {
      turns++
      others = setImmediate(turn)
    })
    for (let removed = 1; removed > 0; steps++) {
      removed = await store.sweep!(tomorrow + 10_000)
      expect(removed).toBeLessThanOrEqual(50)
      journal = Math.max(journal, statSync(`${file}-wal`).size)
    }
    clearImmediate(others)
    expect(steps).toBe(201)
    // Other work of this process had a turn in each step.
    expect(turns).toBeGreaterThanOrEqual(steps)
    // A checkpoint moves the whole journal while others wait, so the journal must stay small.
    expect(journal).toBeLessThan(4_000_000)
  })
})
