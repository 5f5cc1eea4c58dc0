import { SojournError } from '../../core/errors.ts'

/** What is called of a driver's connection: `node:sqlite`, better-sqlite3, libsql and `bun:sqlite` all have it. */
export interface SqliteDatabase {
  /** Runs SQL that gives no rows. */
  exec(sql: string): unknown
  /** Prepares one statement. */
  prepare(sql: string): SqliteStatement
  /** Read where a driver has one of the two: whether the application is in a transaction. */
  readonly inTransaction?: boolean
  /** The same, by the name that `node:sqlite` has for it. */
  readonly isTransaction?: boolean
  /** Read where a driver has one of the two: whether it was closed, since some drivers crash when they are used after that. */
  readonly open?: boolean
  /** The same, by the name that `node:sqlite` has for it. */
  readonly isOpen?: boolean
}

/** A statement that was prepared. */
export interface SqliteStatement {
  /** Runs it, and gives all of its rows as objects. */
  all(...values: (string | number | null)[]): unknown[]
}

export type Row = Readonly<Record<string, unknown>>

/** A connection, as the store uses it. */
export interface SqliteConnection {
  exec(sql: string): void
  /** Prepares a query. */
  query(sql: string): RunStatement
  /** Prepares a write that has to outlast a crash of the process; a loss of power may undo it, and all that came after. */
  write(sql: string): RunStatement
  /** Prepares a write that is on the disk when it returns, with all that was written before it. */
  writeThrough(sql: string): RunStatement
  /** Prepares a write of which many follow one another, and none is to take long. */
  writeBriefly(sql: string): RunStatement
}

/** Runs to the end, so that an error of the commit is an error of the call: `get` of some drivers stops at the first row. */
export type RunStatement = (...values: (string | number | null)[]) => Row[]

/** After how many pages SQLite moves its journal into its file, where that is not to take long; by itself after 1,000. */
const briefCheckpointPages = 50
const synchronousNormal = 1
const synchronousFull = 2

/** Makes a connection ready for several processes: WAL, and waiting for 5 seconds where it would not wait at all. */
export function createSqliteConnection(db: SqliteDatabase): SqliteConnection {
  checkClient(db)
  if (readPragma(db, 'busy_timeout', 'timeout') === 0) db.exec('PRAGMA busy_timeout = 5000')
  enterWal(db)
  const ownLevel = Number(readPragma(db, 'synchronous'))

  function query(sql: string): RunStatement {
    const statement = db.prepare(sql)
    return (...values) => {
      checkUsable(db)
      return statement.all(...values) as Row[]
    }
  }

  // The level is the connection's, and what the application writes by it keeps its own. Nothing else runs in between.
  function prepareAtLevel(level: number, sql: string): RunStatement {
    const run = query(sql)
    if (level === ownLevel) return run
    return (...values) => {
      checkUsable(db)
      db.exec(`PRAGMA synchronous = ${level}`)
      try {
        return run(...values)
      } finally {
        db.exec(`PRAGMA synchronous = ${ownLevel}`)
      }
    }
  }

  function writeBriefly(sql: string): RunStatement {
    const run = prepareAtLevel(Math.min(ownLevel, synchronousNormal), sql)
    const pages = Number(readPragma(db, 'wal_autocheckpoint'))
    return (...values) => {
      checkUsable(db)
      db.exec(`PRAGMA wal_autocheckpoint = ${Math.min(pages, briefCheckpointPages)}`)
      try {
        return run(...values)
      } finally {
        db.exec(`PRAGMA wal_autocheckpoint = ${pages}`)
      }
    }
  }

  return {
    exec: (sql) => void db.exec(sql),
    query,
    write: (sql) => prepareAtLevel(Math.min(ownLevel, synchronousNormal), sql),
    writeThrough: (sql) => prepareAtLevel(Math.max(ownLevel, synchronousFull), sql),
    writeBriefly,
  }
}

function checkClient(db: SqliteDatabase): void {
  const takes = 'sqliteStore takes an open database of node:sqlite, better-sqlite3, libsql or bun:sqlite'
  if (typeof db?.exec !== 'function' || typeof db.prepare !== 'function') {
    throw new SojournError('ERR_STORE_CLIENT', `${takes}, such as new DatabaseSync('sessions.db'). This is none.`)
  }
  const statement: unknown = db.prepare('SELECT 1 AS one')
  const rows: unknown = isStatement(statement) ? statement.all() : null
  if (Array.isArray(rows) && Number(Reflect.get(Object(rows[0]), 'one')) === 1) return
  throw new SojournError(
    'ERR_STORE_CLIENT',
    `${takes}. This one does not answer at once, with rows as objects: a client that answers later will not do.`,
  )
}

const isStatement = (statement: unknown): statement is SqliteStatement =>
  typeof Reflect.get(Object(statement), 'all') === 'function'

function checkUsable(db: SqliteDatabase): void {
  if (db.open === false || db.isOpen === false) {
    throw new SojournError(
      'ERR_STORE_CLIENT',
      'The database of sqliteStore was closed. Close it when the last request is answered.',
    )
  }
  if (!(db.inTransaction ?? db.isTransaction)) return
  throw new SojournError(
    'ERR_STORE_CLIENT',
    'The connection of sqliteStore is in a transaction of the application, which may undo what the store answers. ' +
      'Give the store a connection of its own, or let no transaction last beyond an await.',
  )
}

function readPragma(db: SqliteDatabase, name: string, column = name): unknown {
  const value = (db.prepare(`PRAGMA ${name}`).all() as Row[])[0]?.[column]
  return typeof value === 'bigint' ? Number(value) : value
}

function enterWal(db: SqliteDatabase): void {
  const deadline = performance.now() + 5000
  while (!['wal', 'memory'].includes(String(readPragma(db, 'journal_mode')))) {
    try {
      const [row] = db.prepare('PRAGMA journal_mode = WAL').all() as Row[]
      if (row?.['journal_mode'] !== 'wal') throw noWalError()
    } catch (error) {
      // Here SQLite does not wait for the others who do the same in this instant.
      if (!/locked|busy/i.test(String(error)) || performance.now() > deadline) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    }
  }
}

const noWalError = (): SojournError =>
  new SojournError('ERR_STORE_CLIENT', 'This database cannot be in WAL mode. Put its file on a local disk.')
