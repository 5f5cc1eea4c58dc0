import Database from 'libsql'
import { describe, expect, it } from 'vitest'
import { sqliteStore, type SqliteDatabase } from '../../../src/stores/sqlite/store.ts'
import {
  addRecord,
  endRecord,
  sampleEnding,
  assertEnding,
  assertLive,
  newRecord,
  createChange,
} from '../../../src/testing/store-suite/kit.ts'
import { sqliteFiles } from '../../support/sqlite-files.ts'

const { newFile, opened } = sqliteFiles()

/** A connection that logs its calls. */
function spyOn(db: Database.Database) {
  const log: string[] = []
  const level = () => Number(Object.values(Object(db.prepare('PRAGMA synchronous').all()[0]))[0])
  const spied: SqliteDatabase = {
    exec: (sql) => db.exec(sql),
    prepare: (sql) => ({
      all(...values) {
        log.push(`${/^\w+/.exec(sql)![0]} at ${level()}`)
        return db.prepare(sql).all(...values)
      },
    }),
    get inTransaction() {
      return db.inTransaction
    },
  }
  return { spied, log, level }
}

describe('the files on the disk', () => {
  it.each([
    ['as SQLite has it', 2],
    ['NORMAL', 1],
    ['OFF', 0],
    ['EXTRA', 3],
  ])('an ending at once, a touch when it suits SQLite, where the connection is %s', async (_name, own) => {
    const { spied, log, level } = spyOn(new Database(newFile()))
    spied.exec(`PRAGMA synchronous = ${own}`)
    const store = sqliteStore(spied)
    log.length = 0

    const record = await addRecord(store)
    await store.update(record, record, createChange())
    await store.read(record)
    await endRecord(store, record)
    await store.endAll('ada', sampleEnding)

    const quick = Math.min(own, 1)
    expect(log).toEqual([
      `SELECT at ${quick}`,
      `INSERT at ${quick}`,
      `UPDATE at ${quick}`,
      `SELECT at ${own}`,
      `UPDATE at ${Math.max(own, 2)}`,
      ...['SELECT', 'INSERT', 'SELECT', 'INSERT', 'UPDATE', 'DELETE'].map((word) => `${word} at ${Math.max(own, 2)}`),
    ])
    expect(level()).toBe(own)
  })

  it('gives the connection its own level back after an error', async () => {
    const { spied, level } = spyOn(new Database(newFile()))
    const store = sqliteStore(spied)
    spied.exec('DROP TABLE sojourn_sessions')

    await expect(store.end(newRecord(), sampleEnding)).rejects.toThrow('no such table')
    await expect(store.create(newRecord())).rejects.toThrow('no such table')
    expect(level()).toBe(2)
  })

  it('still ends sessions when there is no room for more', async () => {
    const { db, store } = opened()
    const [one, ...others] = [await addRecord(store), await addRecord(store), await addRecord(store)]
    const [{ page_count: pages }] = db.prepare('PRAGMA page_count').all() as [{ page_count: number }]
    db.exec(`PRAGMA max_page_count = ${pages + 2}`)
    const fill = async () => {
      for (;;) await addRecord(store, { userId: 'eve' })
    }

    await expect(fill()).rejects.toThrow('full')
    await endRecord(store, one)
    await assertEnding(store, one)
    // There is no room for the cutoff of a user with a name of this length. So the records are removed.
    const userId = 'b'.repeat(5000)
    db.exec('PRAGMA max_page_count = 100000')
    const [spared, ended] = [await addRecord(store, { userId }), await addRecord(store, { userId })]
    db.exec('PRAGMA max_page_count = 1')
    await expect(store.endAll(userId, sampleEnding, spared)).rejects.toThrow('full')
    await assertLive(store, userId, [spared])
    expect(await store.read(ended)).toBeNull()
    await assertLive(store, 'ada', others)
  })
})
