import { SojournError } from '../../core/errors.ts'
import type { SqliteDatabase } from './connection.ts'

/** A database that was opened here, and is closed here. */
export type ClosableDatabase = SqliteDatabase & { close(): unknown }

/**
 * Opens an SQLite file with what there is: Node's own driver, or else libsql or better-sqlite3 where one is installed. Makes it,
 * and its folder, where there is none, readable by nobody else.
 *
 * @throws `ERR_STORE_CLIENT` where there is no driver
 */
export async function openSqlite(file: string): Promise<ClosableDatabase> {
  createFile(file)
  const db = await openWithDriver(file)
  // Also for what is asked before there is a store: whoever closes the file last has it locked for a moment.
  db.exec('PRAGMA busy_timeout = 5000')
  return db
}

async function openWithDriver(file: string): Promise<ClosableDatabase> {
  const builtIn = loadBuiltInDriver()
  if (builtIn !== null) return new builtIn.DatabaseSync(file)
  for (const name of ['libsql', 'better-sqlite3']) {
    const driver = await importIfInstalled(name)
    if (driver !== null) return new driver(file)
  }
  throw new SojournError(
    'ERR_STORE_CLIENT',
    `This Node, ${process.version}, has no SQLite of its own. Install one: npm install libsql. Or use Node 22.16 or newer.`,
  )
}

function createFile(file: string): void {
  const { mkdirSync, openSync, closeSync } = process.getBuiltinModule('node:fs')
  const { dirname } = process.getBuiltinModule('node:path')
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  // SQLite gives its journal the mode of the database, so the database has it before SQLite opens it.
  closeSync(openSync(file, 'a', 0o600))
}

function loadBuiltInDriver() {
  const emitWarning = process.emitWarning
  // Some versions of Node call it experimental at every start, which tells the reader of a log nothing to act on.
  process.emitWarning = () => {}
  try {
    const driver = process.getBuiltinModule('node:sqlite') as
      { DatabaseSync: new (file: string) => ClosableDatabase } | undefined
    return driver ?? null
  } finally {
    process.emitWarning = emitWarning
  }
}

async function importIfInstalled(name: string): Promise<(new (file: string) => ClosableDatabase) | null> {
  try {
    return ((await import(name)) as { default: new (file: string) => ClosableDatabase }).default
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  }
}
