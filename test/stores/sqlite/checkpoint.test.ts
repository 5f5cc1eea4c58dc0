import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import Database from 'libsql'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createCheckpointer } from '../../../src/stores/sqlite/checkpoint.ts'
import { sqliteStore } from '../../../src/stores/sqlite/store.ts'
import { addRecord, runConcurrently } from '../../../src/testing/store-suite/kit.ts'
import { repository } from '../../support/repository.ts'
import { sqliteFiles } from '../../support/sqlite-files.ts'

const { newFile, opened } = sqliteFiles()

const originalPost = Worker.prototype.postMessage
const posted = vi.spyOn(Worker.prototype, 'postMessage')
afterEach(() => void posted.mockClear())

/** A database with pages in its journal that are not yet in its file. */
function withJournal(Class = Database) {
  const file = newFile()
  const db = new Class(file)
  db.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t (x); INSERT INTO t VALUES (1)')
  return { db, file, pages: () => Object(db.prepare('PRAGMA wal_checkpoint(PASSIVE)').all()[0]) }
}

describe('the checkpoint', () => {
  it('is made by a worker, again and again', async () => {
    const { db, file } = withJournal()
    const checkpointer = createCheckpointer(db)
    const before = statSync(file).size
    await checkpointer.run()
    expect(statSync(file).size).toBeGreaterThan(before)
    db.exec('INSERT INTO t VALUES (zeroblob(100000))')
    const between = statSync(file).size
    await Promise.all([checkpointer.run(), checkpointer.run()])
    expect(statSync(file).size).toBeGreaterThan(between)
    expect(checkpointer.isAvailable).toBe(true)
    expect(posted).toHaveBeenCalledTimes(2)
  })

  // Other versions of Node than that of most tests have it, and their class has another name since Node 26.
  const builtIn = process.getBuiltinModule('node:sqlite') as Partial<Record<string, typeof Database>> | undefined
  for (const name of ['Database', 'DatabaseSync'].filter((each) => builtIn?.[each] !== undefined)) {
    it(`is made by a worker if the database is ${name} of node:sqlite`, async () => {
      const { db, file } = withJournal(builtIn![name])
      const before = statSync(file).size
      const checkpointer = createCheckpointer(db)
      await checkpointer.run()
      expect(statSync(file).size).toBeGreaterThan(before)
      expect(checkpointer.isAvailable).toBe(true)
    })
  }

  it('is not made after the database was closed', async () => {
    const { db } = withJournal()
    const checkpointer = createCheckpointer(db)
    db.close()
    await checkpointer.run()
    expect(posted).not.toHaveBeenCalled()
  })

  it.each([
    ['in memory', () => new Database(':memory:')],
    // Two copies of SQLite in one process release each other's locks.
    ['of an unknown driver', () => Object.assign(Object.create(withJournal().db), { constructor: Map })],
  ])('is not made by a worker if the database is %s', async (_name, open) => {
    const checkpointer = createCheckpointer(open())
    await checkpointer.run()
    expect(checkpointer.isAvailable).toBe(false)
    expect(posted).not.toHaveBeenCalled()
  })

  it('is given up if the worker cannot load the driver', async () => {
    const { db } = withJournal()
    const checkpointer = createCheckpointer(db)
    posted.mockImplementationOnce(function (this: Worker) {
      this.emit('error', new Error('no driver'))
    })
    await checkpointer.run()
    expect(checkpointer.isAvailable).toBe(false)
  })
})

it('a sweep leaves the checkpoint to the worker, and restores the setting of the connection', async () => {
  const { db, store } = opened()
  await runConcurrently(600, () => addRecord(store, { expiresAt: 1000 }))
  let removed = 0
  for (let step = 1; step > 0; removed += step) step = await store.sweep!(2000)
  expect(removed).toBe(600)
  expect(posted).toHaveBeenCalledTimes(3)
  expect(db.prepare('PRAGMA wal_autocheckpoint').all()).toEqual([{ wal_autocheckpoint: 1000 }])
})

it('the worker begins a new journal before a sweep of many, and not before one of few', async () => {
  const { db, file, store } = opened()
  const sweepAfterCheckpoint = async () => {
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    await store.sweep!(2000)
  }
  await addRecord(store, { expiresAt: 1000 })
  await sweepAfterCheckpoint()
  expect(posted).not.toHaveBeenCalled()

  await runConcurrently(60, () => addRecord(store, { expiresAt: 1000 }))
  let lengthBefore = 0
  posted.mockImplementationOnce(function (this: Worker) {
    this.once('message', () => (lengthBefore = statSync(`${file}-wal`).size))
    return Reflect.apply(originalPost, this, [null])
  })
  await sweepAfterCheckpoint()
  expect(lengthBefore).toBeGreaterThan(0)
})

it('a sweep in memory works as well', async () => {
  const store = sqliteStore(new Database(':memory:'))
  await runConcurrently(600, () => addRecord(store, { expiresAt: 1000 }))
  let removed = 0
  for (let step = 1; step > 0; removed += step) step = await store.sweep!(2000)
  expect(removed).toBe(600)
  expect(posted).not.toHaveBeenCalled()
})

it('a process waits for the checkpoint of its sweep, and then ends', () => {
  const script = `
    import Database from 'libsql'
    import { sqliteStore } from 'sojourn/sqlite'
    const store = sqliteStore(new Database(${JSON.stringify(newFile())}))
    const record = (id) => ({ id, userId: null, secretHash: 'h', version: 0, createdAt: 0, signedInAt: null, lastSeenAt: 0,
      expiresAt: 1, remember: true, label: null, idleTimeout: null, absoluteTimeout: null, methods: [], data: {} })
    for (let id = 0; id < 600; id++) await store.create(record('id-' + id))
    let removed = 0
    for (let step = 1; step > 0; removed += step) step = await store.sweep(2)
    process.on('exit', (code) => console.log(removed, code, Math.round(performance.now() - at) < 500))
    const at = performance.now()
  `
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: repository })
  expect(output.toString().trim()).toBe('600 0 true')
})
