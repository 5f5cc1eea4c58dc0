import { checkUsable, enterWal, readPragma, type Row, type SqliteDatabase, type SqlValue } from './database.ts'

/** A connection with the durability levels that the store needs. Statements run only inside one of its four kinds of work. */
export interface SqliteConnection {
  exec(sql: string): void
  prepare(sql: string): RunStatement
  /** Prepares a query whose rows are arrays of the columns' values. */
  prepareArrays(sql: string): (...values: SqlValue[]) => unknown[][]
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
/** In KiB. With SQLite's default of 2,000, most reads of a large file ask the operating system for three pages. */
const minCacheSize = 65_536

/**
 * Prepares a database for several processes: sets WAL mode.
 *
 * One closure, because its functions share the settings of the one connection.
 *
 * @param ownTimeout the `busy_timeout` that the connection has for the application's statements
 * @throws `ERR_STORE_CLIENT` if it cannot use WAL mode; the driver's error if another process has it locked
 */
export function createSqliteConnection(db: SqliteDatabase, ownTimeout: number): SqliteConnection {
  checkUsable(db)
  enterWal(db)
  enlargeCache(db)
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
    prepareArrays(sql) {
      const statement = db.prepare(sql)
      if (typeof statement.setReturnArrays !== 'function') {
        return (...values) => (statement.all(...values) as Row[]).map((row) => Object.values(row))
      }
      statement.setReturnArrays(true)
      return (...values) => statement.all(...values) as unknown[][]
    },
    read,
    write,
    writeThrough: atLevel(Math.max(ownLevel, synchronousFull)),
    writeBriefly,
    transaction,
  }
}

function enlargeCache(db: SqliteDatabase): void {
  const size = Number(readPragma(db, 'cache_size'))
  // SQLite has KiB below zero, and pages above.
  if (size < 0 && size > -minCacheSize) db.exec(`PRAGMA cache_size = -${minCacheSize}`)
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
