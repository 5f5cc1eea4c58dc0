import { SojournError } from '../../core/errors.ts'
import type { SqliteConnection } from './connection.ts'

/** Marks a table's layout. SQLite stores the comment with the table; `user_version` belongs to the application. */
const versionMark = '-- sojourn 2'

/** The columns of the sessions. D1 has the same. The sequence number is a column of its own, because VACUUM may change a rowid. */
export const sessionColumnsSql = `seq INTEGER PRIMARY KEY,
  id TEXT UNIQUE NOT NULL,
  user_id TEXT,
  secret_hash TEXT,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  signed_in_at INTEGER,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  remember INTEGER NOT NULL,
  label TEXT,
  idle_timeout TEXT,
  absolute_timeout TEXT,
  methods TEXT,
  ended TEXT,
  ended_at INTEGER,
  data TEXT
`

export const cutoffColumnsSql = `of_user TEXT PRIMARY KEY NOT NULL,
  at INTEGER NOT NULL,
  spared TEXT,
  cutoff_expires_at INTEGER NOT NULL
`

/** The names of the store's tables. */
export interface TableNames {
  readonly sessions: string
  /** When all sessions of a user were ended. */
  readonly cutoffs: string
  /**
   * The users of whom an `endAll` has yet to turn rows into endings. Rows up to the sequence number `upto`, other than the
   * spared one, count as ended.
   */
  readonly unfinished: string
}

export const tableNames = (table: string): TableNames => ({
  sessions: table,
  cutoffs: `${table}_cutoffs`,
  unfinished: `${table}_unfinished`,
})

/**
 * Creates the tables and their indexes if they are missing.
 *
 * @throws `ERR_STORE_CLIENT` if there is a table of such a name without our mark
 */
export function createTables(connection: SqliteConnection, { sessions, cutoffs, unfinished }: TableNames): void {
  createTable(connection, sessions, `${sessionColumnsSql}) STRICT`)
  createTable(connection, cutoffs, `${cutoffColumnsSql}) STRICT, WITHOUT ROWID`)
  createTable(
    connection,
    unfinished,
    `of_user TEXT PRIMARY KEY NOT NULL,
  upto INTEGER NOT NULL,
  spared TEXT,
  started_at INTEGER NOT NULL,
  ending TEXT NOT NULL
) STRICT, WITHOUT ROWID`,
  )
  connection.exec(
    `CREATE INDEX IF NOT EXISTS ${sessions}_of_user ON ${sessions} (user_id) WHERE ended IS NULL AND user_id IS NOT NULL`,
  )
  connection.exec(`CREATE INDEX IF NOT EXISTS ${sessions}_by_expiry ON ${sessions} (expires_at)`)
  connection.exec(`CREATE INDEX IF NOT EXISTS ${cutoffs}_by_expiry ON ${cutoffs} (cutoff_expires_at)`)
}

function createTable(connection: SqliteConnection, name: string, definition: string): void {
  connection.exec(`CREATE TABLE IF NOT EXISTS ${name} ( ${versionMark}\n  ${definition}`)
  const [existing] = connection.prepare(
    `SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE`,
  )(name)
  if (String(existing?.['sql']).includes(`${versionMark}\n`)) return
  throw new SojournError(
    'ERR_STORE_CLIENT',
    `The database has a table ${name} that this version of Sojourn did not create. Name another: sqliteStore(db, { table }).`,
  )
}
