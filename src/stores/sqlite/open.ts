import { SojournError } from '../../core/errors.ts'
import type { SqliteDatabase } from './database.ts'

/** A database that Sojourn opened, and must close. */
export type ClosableDatabase = SqliteDatabase & { close(): unknown }

type Driver = new (file: string) => ClosableDatabase

/**
 * Opens an SQLite file with Node's or Bun's own driver, or else with libsql or better-sqlite3 if one is installed. Creates the
 * file and its folder if they are missing, with no access for other users.
 *
 * @throws `ERR_STORE_CLIENT` if there is no driver
 */
export async function openSqlite(file: string): Promise<ClosableDatabase> {
  createFile(file)
  return openWithDriver(file)
}

async function openWithDriver(file: string): Promise<ClosableDatabase> {
  const BuiltIn = await loadBuiltInDriver()
  if (BuiltIn !== null) return new BuiltIn(file)
  for (const name of ['libsql', 'better-sqlite3']) {
    const driver = await importIfInstalled(name)
    if (driver !== null) return new driver(file)
  }
  throw new SojournError(
    'ERR_STORE_CLIENT',
    `This Node, ${process.version}, has no built-in SQLite. Use Node 22.16 or newer, or install a driver: npm install libsql.`,
  )
}

function createFile(file: string): void {
  const { mkdirSync, openSync, closeSync } = process.getBuiltinModule('node:fs')
  const { dirname } = process.getBuiltinModule('node:path')
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  // Create the file before SQLite opens it, because SQLite's journal gets the file mode of the database.
  closeSync(openSync(file, 'a', 0o600))
}

async function loadBuiltInDriver(): Promise<Driver | null> {
  if (process.versions?.['bun']) return importIfInstalled('bun:sqlite')
  const emitWarning = process.emitWarning
  // Some versions of Node warn at every start that this module is experimental. The user cannot act on that.
  process.emitWarning = () => {}
  try {
    const module = process.getBuiltinModule('node:sqlite') as Partial<Record<string, Driver>> | undefined
    // Its name before Node 26 was DatabaseSync.
    return module?.['Database'] ?? module?.['DatabaseSync'] ?? null
  } finally {
    process.emitWarning = emitWarning
  }
}

async function importIfInstalled(name: string): Promise<Driver | null> {
  try {
    return ((await import(name)) as { default: Driver }).default
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  }
}
