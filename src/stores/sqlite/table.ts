import { SojournError } from '../../core/errors.ts'
import type { SqliteConnection } from './connection.ts'

/** Marks the table's layout. SQLite stores the comment with the table; `user_version` belongs to the application. */
const versionMark = '-- sojourn 1'

/**
 * Creates the table and its indexes if they are missing.
 *
 * @throws `ERR_STORE_CLIENT` if there is a table of that name without our mark
 */
export function createTable(connection: SqliteConnection, table: string): void {
  connection.exec(`CREATE TABLE IF NOT EXISTS ${table} ( ${versionMark}
  id TEXT PRIMARY KEY NOT NULL,
  user_id TEXT,
  secret_hash TEXT,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  signed_in_at INTEGER,
  last_seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  remember INTEGER NOT NULL,
  label TEXT,
  ended TEXT,
  ended_at INTEGER,
  data TEXT
) STRICT`)
  const [existing] = connection.query(`SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE`)(
    table,
  )
  if (!String(existing?.['sql']).includes(`${versionMark}\n`)) {
    throw new SojournError(
      'ERR_STORE_CLIENT',
      `The database has a table ${table} that this version of Sojourn did not create. Name another: sqliteStore(db, { table }).`,
    )
  }
  connection.exec(`CREATE INDEX IF NOT EXISTS ${table}_of_user ON ${table} (user_id) WHERE user_id IS NOT NULL`)
  connection.exec(`CREATE INDEX IF NOT EXISTS ${table}_by_expiry ON ${table} (expires_at)`)
}
