import { SojournError } from '../../core/errors.ts'

/** The methods that the store uses of a driver's connection. `node:sqlite`, better-sqlite3, libsql and `bun:sqlite` have them. */
export interface SqliteDatabase {
  /** Runs SQL that returns no rows. */
  exec(sql: string): unknown
  /** Prepares one statement. */
  prepare(sql: string): SqliteStatement
  /** Whether a transaction is open on this connection; `undefined` if the driver uses the name `isTransaction`, or does not say. */
  readonly inTransaction?: boolean
  /** `inTransaction` by the name that `node:sqlite` uses. */
  readonly isTransaction?: boolean
  /**
   * Whether the connection is open; `undefined` if the driver uses the name `isOpen`, or does not say. The store checks it
   * because some drivers crash if they are used after `close`.
   */
  readonly open?: boolean
  /** `open` by the name that `node:sqlite` uses. */
  readonly isOpen?: boolean
}

/** A prepared statement. */
export interface SqliteStatement {
  /** Runs the statement, and returns all of its rows as objects. */
  all(...values: (string | number | null)[]): unknown[]
  /** Returns each row as an array from now on. A driver without it is asked for objects, which takes longer. */
  setReturnArrays?(enabled: boolean): void
}

export type Row = Readonly<Record<string, unknown>>

/** A value of a statement's parameter. */
export type SqlValue = string | number | null

/** @throws `ERR_STORE_CLIENT` if the client is not a synchronous SQLite database */
export function checkClient(db: SqliteDatabase): void {
  const expectedClient = 'sqliteStore takes an open database of node:sqlite, better-sqlite3, libsql or bun:sqlite'
  if (typeof db?.exec !== 'function' || typeof db.prepare !== 'function') {
    throw new SojournError('ERR_STORE_CLIENT', `${expectedClient}, such as new DatabaseSync('sessions.db').`)
  }
  const statement: unknown = db.prepare('SELECT 1 AS one')
  const rows: unknown = isStatement(statement) ? statement.all() : null
  if (Array.isArray(rows) && Number(Reflect.get(Object(rows[0]), 'one')) === 1) return
  throw new SojournError(
    'ERR_STORE_CLIENT',
    `${expectedClient}. This one does not return rows as objects synchronously; a client that returns promises does not work.`,
  )
}

const isStatement = (statement: unknown): statement is SqliteStatement =>
  typeof Reflect.get(Object(statement), 'all') === 'function'

export function checkUsable(db: SqliteDatabase): void {
  if (db.open === false || db.isOpen === false) {
    throw new SojournError(
      'ERR_STORE_CLIENT',
      'The database of sqliteStore was closed. Close it after the last request.',
    )
  }
  if (!(db.inTransaction ?? db.isTransaction)) return
  throw new SojournError(
    'ERR_STORE_CLIENT',
    'The application has a transaction open on the connection of sqliteStore, and a rollback would undo session writes. ' +
      'Give the store a connection of its own, or keep no transaction open across an await.',
  )
}

/** Returns the path of the database's file; `''` if it is in memory. */
export const readFilePath = (db: SqliteDatabase): string => String(readPragma(db, 'database_list', 'file'))

export function readPragma(db: SqliteDatabase, name: string, column = name): unknown {
  const value = (db.prepare(`PRAGMA ${name}`).all() as Row[])[0]?.[column]
  return typeof value === 'bigint' ? Number(value) : value
}

/** @throws `ERR_STORE_CLIENT` if the database cannot use WAL mode */
export function enterWal(db: SqliteDatabase): void {
  if (['wal', 'memory'].includes(String(readPragma(db, 'journal_mode')))) return
  const [row] = db.prepare('PRAGMA journal_mode = WAL').all() as Row[]
  if (row?.['journal_mode'] !== 'wal') throw noWalError()
}

const noWalError = (): SojournError =>
  new SojournError('ERR_STORE_CLIENT', 'This database cannot use WAL mode. Put its file on a local disk.')
