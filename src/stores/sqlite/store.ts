import { SojournError } from '../../core/errors.ts'
import type { SessionStore } from '../store.ts'
import { createSqliteConnection, type SqliteDatabase } from './connection.ts'
import { buildMergePatch, dataText, decodeInfo, decodeRecordOrEnding, escapeColumn, recordOrEndingSql } from './rows.ts'
import { createTable } from './table.ts'

export type { SqliteDatabase, SqliteStatement } from './connection.ts'

/** Options of {@link sqliteStore}. */
export interface SqliteStoreOptions {
  /**
   * The table's name: letters, digits and `_`.
   *
   * @default 'sojourn_sessions'
   */
  table?: string | undefined
}

/**
 * Keeps sessions in an SQLite file: no server to run, and several processes of one machine may share the file. Makes its
 * table by itself. Takes an open database of `node:sqlite` (Node 22.16 and newer), better-sqlite3, libsql or `bun:sqlite`.
 *
 * The file belongs on a local disk: SQLite's locks do not hold on NFS or SMB. It is put in WAL mode, and the connection
 * waits for 5 seconds for other processes if it would not wait at all. An ending is on the disk when it is answered
 * (`synchronous = FULL`); of other writes a loss of power may undo the last ones, a crash of the process none.
 *
 * A connection that the application uses too will do, as long as none of its transactions lasts beyond an `await`.
 *
 * @throws `ERR_STORE_CLIENT` for what is no such database or cannot be in WAL mode, and for a table that is not ours;
 * `ERR_OPTIONS` for a table's name that cannot be one.
 */
export function sqliteStore(
  db: SqliteDatabase,
  { table = 'sojourn_sessions' }: SqliteStoreOptions = {},
): SessionStore & Required<Pick<SessionStore, 'sweep' | 'all'>> {
  if (!/^[A-Za-z_]\w{0,62}$/.test(table)) {
    throw new SojournError('ERR_OPTIONS', `table is ${JSON.stringify(table)}; use letters, digits and _.`)
  }
  const connection = createSqliteConnection(db)
  createTable(connection, table)

  // Each call is one statement, which SQLite does whole or not at all, whatever other processes do.
  const insert = connection.write(
    `INSERT INTO ${table} (id, user_id, secret_hash, version, created_at, signed_in_at, last_seen_at, expires_at,
       remember, label, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING 1`,
  )
  const select = connection.query(`SELECT ${recordOrEndingSql} FROM ${table} WHERE id = ?`)
  const setFieldsSql = `last_seen_at = ?, expires_at = ?, secret_hash = COALESCE(?, secret_hash),
    signed_in_at = COALESCE(?, signed_in_at), remember = COALESCE(?, remember), label = CASE ? WHEN 1 THEN ? ELSE label END`
  // An ending holds no secret_hash, so none is changed.
  const whereHeldSql = 'id = ? AND secret_hash = ? AND version = COALESCE(?, version) RETURNING version'
  const touch = connection.write(`UPDATE ${table} SET ${setFieldsSql} WHERE ${whereHeldSql}`)
  const change = connection.write(
    `UPDATE ${table} SET ${setFieldsSql}, version = COALESCE(?, version + 1), data = json_patch(data, ?) WHERE ${whereHeldSql}`,
  )
  // The secret that a renewal replaced opens nothing any more, whatever happens to the machine.
  const renew = connection.writeThrough(
    `UPDATE ${table} SET ${setFieldsSql}, version = COALESCE(?, version + ?), data = json_patch(data, ?) WHERE ${whereHeldSql}`,
  )
  const putEnding = connection.writeThrough(
    `UPDATE ${table} SET ended = ?, ended_at = ?, expires_at = ?, user_id = NULL, secret_hash = NULL, label = NULL,
       data = NULL WHERE id = ? AND ended IS NULL RETURNING 1`,
  )
  const selectOfUser = connection.query(
    `SELECT id, user_id, created_at, signed_in_at, last_seen_at, expires_at, remember, label FROM ${table} WHERE user_id = ?`,
  )
  const selectAfter = connection.query(
    `SELECT id, ${recordOrEndingSql} FROM ${table} WHERE id > ? ORDER BY id LIMIT 100`,
  )
  // So few that nobody waits for long: this process does nothing else meanwhile.
  const removeExpired = connection.writeBriefly(
    `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE expires_at < ? LIMIT 10) RETURNING 1`,
  )

  return {
    async create(record) {
      const { id, userId, label } = record
      const rows = insert(
        id,
        userId === null ? null : escapeColumn(userId),
        escapeColumn(record.secretHash),
        record.version,
        record.createdAt,
        record.signedInAt,
        record.lastSeenAt,
        record.expiresAt,
        Number(record.remember),
        label === null ? null : escapeColumn(label),
        dataText(record.data),
      )
      return rows.length === 1
    },

    async read(id) {
      const [row] = select(id)
      return row === undefined ? null : decodeRecordOrEnding(row)
    },

    async update(id, { secretHash, version = null }, changed) {
      const { label, version: nextVersion = null } = changed
      const patch = buildMergePatch(changed)
      const values = [
        changed.lastSeenAt,
        changed.expiresAt,
        changed.secretHash === undefined ? null : escapeColumn(changed.secretHash),
        changed.signedInAt ?? null,
        changed.remember === undefined ? null : Number(changed.remember),
        label === undefined ? 0 : 1,
        label == null ? null : escapeColumn(label),
      ]
      const condition = [id, escapeColumn(secretHash), version]
      const [row] =
        changed.secretHash !== undefined
          ? renew(...values, nextVersion, patch === null ? 0 : 1, patch ?? '{}', ...condition)
          : patch === null && nextVersion === null
            ? touch(...values, ...condition)
            : change(...values, nextVersion, patch ?? '{}', ...condition)
      return row === undefined ? null : Number(row['version'])
    },

    async end(id, { ended, endedAt, expiresAt }) {
      return putEnding(ended, endedAt, expiresAt, id).length === 1
    },

    async list(userId) {
      return selectOfUser(escapeColumn(userId)).map(decodeInfo)
    },

    async sweep(before) {
      const { length } = removeExpired(before)
      // Nothing here takes its time, so a caller who goes on at once would let nobody else have a turn.
      await new Promise(setImmediate)
      return length
    },

    async *all() {
      let after = ''
      for (;;) {
        const page = selectAfter(after)
        for (const row of page) yield [row['id'] as string, decodeRecordOrEnding(row)] as const
        const last = page.at(-1)
        if (last === undefined) return
        after = last['id'] as string
      }
    },
  }
}
