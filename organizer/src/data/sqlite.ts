import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Db, Value } from './db.ts'

/** The methods of an SQLite driver that the application uses. `node:sqlite` and `libsql` have them. */
export interface SqliteDriver {
  exec(sql: string): unknown
  prepare(sql: string): Statement
  close(): void
}

interface Statement {
  run(...values: Value[]): { changes: number | bigint; lastInsertRowid: number | bigint }
  get(...values: Value[]): unknown
  all(...values: Value[]): unknown[]
}

const migrations = [
  `CREATE TABLE people (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     email TEXT NOT NULL UNIQUE,
     name TEXT NOT NULL,
     password_hash TEXT NOT NULL,
     demo INTEGER NOT NULL DEFAULT 0,
     created_at INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE events (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     owner_id INTEGER NOT NULL REFERENCES people(id) ON DELETE CASCADE,
     title TEXT NOT NULL,
     starts_at TEXT NOT NULL,
     place TEXT NOT NULL,
     description TEXT NOT NULL,
     created_at INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX events_of_owner ON events(owner_id, starts_at);`,
  `ALTER TABLE people ADD COLUMN password_number INTEGER NOT NULL DEFAULT 1`,
  `ALTER TABLE people ADD COLUMN oldest_password INTEGER NOT NULL DEFAULT 1;
   UPDATE people SET oldest_password = password_number;`,
  `ALTER TABLE events ADD COLUMN deleted_at INTEGER;
   CREATE TABLE device_names (
     session_id TEXT PRIMARY KEY,
     owner_id INTEGER NOT NULL REFERENCES people(id) ON DELETE CASCADE,
     name TEXT NOT NULL
   ) STRICT;`,
]

/** Opens the database file and applies its migrations. A new file and its folder are readable only for this user. */
export async function openSqliteDb(file: string): Promise<Db> {
  const driver = await openSqlite(file)
  await whenUnlocked(() => migrate(driver))
  const statements = new Map<string, Statement>()

  function prepareOnce(sql: string): Statement {
    const present = statements.get(sql)
    if (present !== undefined) return present
    const statement = driver.prepare(sql)
    statements.set(sql, statement)
    return statement
  }

  return {
    rows: <Row>(sql: string, values: readonly Value[] = []) =>
      whenUnlocked(() => prepareOnce(sql).all(...values) as Row[]),
    run: (sql, values = []) => whenUnlocked(() => Number(prepareOnce(sql).run(...values).changes)),
    close: async () => driver.close(),
  }
}

/** Opens an SQLite file that several processes may use at once. */
export async function openSqlite(file: string): Promise<SqliteDriver> {
  if (file !== ':memory:') createPrivateFile(file)
  const driver = await connect(file)
  await whenUnlocked(() =>
    driver.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON'),
  )
  return driver
}

/**
 * Does work, and repeats it for up to 5 seconds while another process has the database locked. The pauses are here and not in
 * SQLite's `busy_timeout`, because the driver is synchronous: its wait would block all requests.
 */
async function whenUnlocked<Result>(work: () => Result): Promise<Result> {
  const deadline = performance.now() + 5000
  for (;;) {
    try {
      return work()
    } catch (error) {
      if (!/\b(locked|busy)\b/i.test(String(error)) || performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}

function createPrivateFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  // SQLite creates its journal with the mode of the database. So set that mode before SQLite opens it.
  closeSync(openSync(file, 'a', 0o600))
}

async function connect(file: string): Promise<SqliteDriver> {
  const builtIn = loadBuiltInSqlite()
  if (builtIn) return new builtIn.DatabaseSync(file)
  const { default: Database } = await import('libsql')
  return new Database(file) as unknown as SqliteDriver
}

function loadBuiltInSqlite() {
  const emitWarning = process.emitWarning
  // Some versions of Node warn at every start that SQLite is experimental. Operators can do nothing about it.
  process.emitWarning = () => {}
  try {
    return process.getBuiltinModule('node:sqlite') as { DatabaseSync: new (file: string) => SqliteDriver } | undefined
  } finally {
    process.emitWarning = emitWarning
  }
}

function migrate(driver: SqliteDriver): void {
  driver.exec('BEGIN IMMEDIATE')
  try {
    const { user_version: version } = driver.prepare('PRAGMA user_version').get() as { user_version: number }
    if (version > migrations.length) throw new Error('The database was written by a newer version of Organizer.')
    for (const sql of migrations.slice(version)) driver.exec(sql)
    driver.exec(`PRAGMA user_version = ${migrations.length}`)
    driver.exec('COMMIT')
  } catch (error) {
    driver.exec('ROLLBACK')
    throw error
  }
}
