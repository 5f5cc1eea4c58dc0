import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'

/** What the application asks of an SQLite driver; `node:sqlite` and `libsql` both have it. */
export interface Db {
  exec(sql: string): unknown
  prepare(sql: string): Statement
  close(): void
}

export interface Statement {
  run(...values: Value[]): { changes: number | bigint; lastInsertRowid: number | bigint }
  get(...values: Value[]): unknown
  all(...values: Value[]): unknown[]
}

export type Value = string | number | null

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
]

/** Opens the database file, made with its folder when missing and readable by nobody else, and brings it up to date. */
export async function openDb(file: string): Promise<Db> {
  if (file !== ':memory:') prepareFile(file)
  const db = await connect(file)
  db.exec(
    'PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON',
  )
  migrate(db)
  return db
}

function prepareFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  // SQLite gives its journal the mode of the database, so the database has it before SQLite opens it.
  closeSync(openSync(file, 'a', 0o600))
}

async function connect(file: string): Promise<Db> {
  const builtIn = builtInSqlite()
  if (builtIn) return new builtIn.DatabaseSync(file)
  const { default: Database } = await import('libsql')
  return new Database(file) as unknown as Db
}

function builtInSqlite() {
  const emitWarning = process.emitWarning
  // Some versions of Node call it experimental at every start, which tells the reader of a log nothing to act on.
  process.emitWarning = () => {}
  try {
    return process.getBuiltinModule('node:sqlite') as { DatabaseSync: new (file: string) => Db } | undefined
  } finally {
    process.emitWarning = emitWarning
  }
}

function migrate(db: Db): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
    if (version > migrations.length) throw new Error('The database was written by a newer version of Organizer.')
    for (const sql of migrations.slice(version)) db.exec(sql)
    db.exec(`PRAGMA user_version = ${migrations.length}`)
    db.exec('COMMIT')
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}
