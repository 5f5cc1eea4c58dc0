import Database from 'libsql'
import { describe, expect, it } from 'vitest'
import { TooLate } from '../../../src/stores/store.ts'
import { sqliteStore } from '../../../src/stores/sqlite/store.ts'
import { addRecord, assertRecord, createDataChange, newRecord } from '../../../src/testing/store-suite/kit.ts'
import { eventsOf, stopTime, wait } from '../../support/outages.ts'
import { request, signedIn, world } from '../../support/sessions.ts'
import { sqliteFiles } from '../../support/sqlite-files.ts'

const { newFile, opened } = sqliteFiles()

// The store's driver is synchronous: a call that waited inside the driver would stop these tests as well, because the lock
// is released by the same process.
stopTime()

/** Locks a database through another connection, as a long transaction of another process does. */
function lock(file: string) {
  const other = new Database(file)
  other.exec('PRAGMA journal_mode = WAL; BEGIN IMMEDIATE')
  return { release: () => other.exec('ROLLBACK') }
}

describe('while another connection has the database locked', () => {
  it.each([
    ['node:sqlite, libsql', 0],
    ['better-sqlite3', 5000],
  ])('a write waits without blocking the process, with the busy_timeout of %s', async (_driver, timeout) => {
    const { db, file, store } = opened()
    db.exec(`PRAGMA busy_timeout = ${timeout}`)
    const own = sqliteStore(db)
    const locked = lock(file)
    const record = newRecord()

    const created = own.create(record)
    locked.release()
    await wait(0.01)

    expect(await created).toMatchObject({ result: 'created' })
    await assertRecord(store, record)
    expect(db.prepare('PRAGMA busy_timeout').all()).toEqual([{ timeout }])
  })

  it('a write rejects when its caller stops waiting, and is not done later', async () => {
    const { file, store } = opened()
    const locked = lock(file)
    const record = newRecord()
    const created = store.create(record, {}, Date.now() + 250).catch((error: unknown) => error)
    await wait(0.3)
    locked.release()
    await wait(1)

    expect(await created).toBeInstanceOf(TooLate)
    expect(await store.read(record)).toBeNull()
  })

  it('reads are answered, and writes keep their order', async () => {
    const { file, store } = opened()
    const record = await addRecord(store)
    const { secretHash } = record
    const locked = lock(file)
    const updates = ['1', '2', '3'].map((text) => store.update(record, { secretHash }, createDataChange('last', text)))
    await assertRecord(store, record)
    locked.release()
    await wait(0.01)

    expect(await Promise.all(updates)).toEqual([1, 2, 3])
    expect(await store.read(record)).toMatchObject({ data: { last: '3' } })
  })

  it.each([0, 5000])(
    'a store can be created, and its first call creates the table (busy_timeout %d)',
    async (timeout) => {
      const file = newFile()
      const locked = lock(file)
      const db = new Database(file)
      db.exec(`PRAGMA busy_timeout = ${timeout}`)
      const store = sqliteStore(db)
      const record = newRecord()

      const created = store.create(record)
      locked.release()
      await wait(0.01)

      expect(await created).toMatchObject({ result: 'created' })
      await assertRecord(store, record)
    },
  )

  it('a request is refused within storeTimeout, and the store is reported as down', async () => {
    const { file, store } = opened()
    const served = world({ store })
    const visitor = await signedIn(served)
    const locked = lock(file)
    const write = () =>
      request(served.sessions, visitor.cookie, (session) => void (session.data['cart'] = ['tea'])).then(
        () => 'saved',
        (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
      )

    const writes = Array.from({ length: 5 }, write)
    await wait(0.35)

    expect(new Set(await Promise.all(writes))).toEqual(
      new Set([
        `ERR_SESSION_UNAVAILABLE: ${store.name} did not answer: Another process has the SQLite database locked.`,
      ]),
    )
    expect(eventsOf(served as never, 'store-down')).toHaveLength(1)
    locked.release()
  })
})
