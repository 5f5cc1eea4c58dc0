import { join } from 'node:path'
import { sqliteStore } from 'sojourn/sqlite'
import { operationsOf } from './sojourn.mjs'

/** @param {'node:sqlite' | 'libsql'} driver @returns {Promise<import('./index.mjs').Store>} */
export async function openSqlite(driver, folder) {
  const Database = driver === 'libsql' ? (await import('libsql')).default : (await import('node:sqlite')).DatabaseSync
  const file = join(folder, 'sessions.db')
  const db = new Database(file)
  const store = sqliteStore(db)
  const operations = operationsOf(store)

  return {
    load: (sessions) => load(new Database(file), sessions),
    ...operations,
    async sweep(before) {
      while ((await store.sweep(before)) > 0);
    },
    async drop(sessions) {
      for (const session of sessions) await operations.touch(session, 0)
      while ((await store.sweep(1)) > 0);
    },
    close: () => db.close(),
  }
}

const atOnce = 10_000

/** By a connection of its own: with a large cache, and many sessions in one transaction. */
async function load(db, sessions) {
  db.exec('PRAGMA synchronous = NORMAL')
  db.exec('PRAGMA cache_size = -400000')
  // Two functions and nothing else, since the store refuses to work where it sees a transaction.
  const store = sqliteStore({ exec: (sql) => db.exec(sql), prepare: (sql) => db.prepare(sql) })
  let count = 0
  db.exec('BEGIN')
  for (const session of sessions) {
    await store.create(session)
    if (++count % atOnce === 0) db.exec('COMMIT; BEGIN')
  }
  db.exec('COMMIT')
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  db.close()
}
