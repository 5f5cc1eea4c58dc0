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
}

export type Row = Readonly<Record<string, unknown>>

/** A value of a statement's parameter. */
export type SqlValue = string | number | null

/** A connection with the durability levels that the store needs. Statements run only inside one of its four kinds of work. */
export interface SqliteConnection {
  exec(sql: string): void
  prepare(sql: string): RunStatement
  /** Runs queries. */
  read: RunWork
  /** Runs a write that survives a crash of the process. A loss of power may undo it, together with all later writes. */
  write: RunWork
  /** Runs a write that is on the disk when it returns, together with all earlier writes. */
  writeThrough: RunWork
  /**
   * Runs a write that is repeated many times and must block the process only briefly each time.
   *
   * @param checkpointPages the journal's length in pages at which the write also copies it into the database file; 0 for never
   */
  writeBriefly<Result>(checkpointPages: number, work: () => Result): Result
  /** Runs several statements inside one of the writes above: all of them are done, or none if one fails. */
  transaction: RunWork
}

/**
 * Runs a statement to its end and returns its rows, so that an error of the commit is an error of this call. The method `get`
 * of some drivers stops at the first row.
 */
export type RunStatement = (...values: SqlValue[]) => Row[]

type RunWork = <Result>(work: () => Result) => Result

const synchronousNormal = 1
const synchronousFull = 2

/**
 * Prepares a database for several processes: sets WAL mode.
 *
 * @param ownTimeout the `busy_timeout` that the connection has for the application's statements
 * @throws `ERR_STORE_CLIENT` if it cannot use WAL mode; the driver's error if another process has it locked
 */
export function createSqliteConnection(db: SqliteDatabase, ownTimeout: number): SqliteConnection {
  checkUsable(db)
  enterWal(db)
  const ownLevel = Number(readPragma(db, 'synchronous'))
  const ownCheckpointPages = Number(readPragma(db, 'wal_autocheckpoint'))

  function read<Result>(work: () => Result): Result {
    checkUsable(db)
    return work()
  }

  // The settings apply to the whole connection, so restore them for the application's own writes. No other code runs in
  // between, because all of this is synchronous.
  function atLevel(level: number): RunWork {
    const settings = (synchronous: number, timeout: number): string =>
      (level === ownLevel ? '' : `PRAGMA synchronous = ${synchronous};`) +
      (ownTimeout === 0 ? '' : `PRAGMA busy_timeout = ${timeout};`)
    const [own, forWrite] = [settings(ownLevel, ownTimeout), settings(level, 0)]
    if (own === '') return read
    return (work) => {
      checkUsable(db)
      try {
        db.exec(forWrite)
        return work()
      } finally {
        db.exec(own)
      }
    }
  }

  const write = atLevel(Math.min(ownLevel, synchronousNormal))

  function writeBriefly<Result>(checkpointPages: number, work: () => Result): Result {
    checkUsable(db)
    db.exec(`PRAGMA wal_autocheckpoint = ${Math.min(ownCheckpointPages, checkpointPages)}`)
    try {
      return write(work)
    } finally {
      db.exec(`PRAGMA wal_autocheckpoint = ${ownCheckpointPages}`)
    }
  }

  function transaction<Result>(work: () => Result): Result {
    db.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      db.exec('COMMIT')
      return result
    } catch (error) {
      rollBack(db)
      throw error
    }
  }

  return {
    exec: (sql) => void db.exec(sql),
    prepare(sql) {
      const statement = db.prepare(sql)
      return (...values) => statement.all(...values) as Row[]
    },
    read,
    write,
    writeThrough: atLevel(Math.max(ownLevel, synchronousFull)),
    writeBriefly,
    transaction,
  }
}

function rollBack(db: SqliteDatabase): void {
  try {
    db.exec('ROLLBACK')
  } catch {
    // SQLite rolled back by itself, as it does if the disk is full.
  }
}

/**
 * Does work while statements of the connection fail at once if another process has the database locked. A wait would block
 * the whole process.
 *
 * @param work gets the connection's own `busy_timeout`, which is restored afterwards
 */
export function withoutWaiting<Result>(db: SqliteDatabase, work: (ownTimeout: number) => Result): Result {
  const ownTimeout = Number(readPragma(db, 'busy_timeout', 'timeout'))
  if (ownTimeout > 0) db.exec('PRAGMA busy_timeout = 0')
  try {
    return work(ownTimeout)
  } finally {
    if (ownTimeout > 0) db.exec(`PRAGMA busy_timeout = ${ownTimeout}`)
  }
}

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

function checkUsable(db: SqliteDatabase): void {
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

function readPragma(db: SqliteDatabase, name: string, column = name): unknown {
  const value = (db.prepare(`PRAGMA ${name}`).all() as Row[])[0]?.[column]
  return typeof value === 'bigint' ? Number(value) : value
}

function enterWal(db: SqliteDatabase): void {
  if (['wal', 'memory'].includes(String(readPragma(db, 'journal_mode')))) return
  const [row] = db.prepare('PRAGMA journal_mode = WAL').all() as Row[]
  if (row?.['journal_mode'] !== 'wal') throw noWalError()
}

const noWalError = (): SojournError =>
  new SojournError('ERR_STORE_CLIENT', 'This database cannot use WAL mode. Put its file on a local disk.')
