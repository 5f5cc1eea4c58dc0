import type { SqliteConnection } from './connection.ts'
import { recordOrEndingSql } from './rows.ts'

/** Prepares the store's statements. Each call of the store is one statement, because SQLite runs that whole or not at all. */
export function prepareStatements(connection: SqliteConnection, table: string) {
  const setFieldsSql = `last_seen_at = ?, expires_at = ?, secret_hash = COALESCE(?, secret_hash),
    signed_in_at = COALESCE(?, signed_in_at), remember = COALESCE(?, remember), label = CASE ? WHEN 1 THEN ? ELSE label END`
  // Damaged data must not keep the session from being written.
  const dataSql = `CASE WHEN json_valid(data) THEN data ELSE '{}' END`
  // An ending has no secret_hash, so this condition also excludes endings.
  const whereHeldSql = 'id = ? AND secret_hash = ? AND version = COALESCE(?, version) RETURNING version'

  return {
    insert: connection.write(
      `INSERT INTO ${table} (id, user_id, secret_hash, version, created_at, signed_in_at, last_seen_at, expires_at,
       remember, label, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING 1`,
    ),
    select: connection.query(`SELECT ${recordOrEndingSql} FROM ${table} WHERE id = ?`),
    touch: connection.write(`UPDATE ${table} SET ${setFieldsSql} WHERE ${whereHeldSql}`),
    change: connection.write(
      `UPDATE ${table} SET ${setFieldsSql}, version = COALESCE(?, version + 1), data = json_patch(${dataSql}, ?) WHERE ${whereHeldSql}`,
    ),
    // On the disk before it returns: otherwise a loss of power would make the old cookie valid again.
    renew: connection.writeThrough(
      `UPDATE ${table} SET ${setFieldsSql}, version = COALESCE(?, version + ?), data = json_patch(${dataSql}, ?) WHERE ${whereHeldSql}`,
    ),
    putEnding: connection.writeThrough(
      `UPDATE ${table} SET ended = ?, ended_at = ?, expires_at = ?, user_id = NULL, secret_hash = NULL, label = NULL,
       data = NULL WHERE id = ? AND ended IS NULL RETURNING 1`,
    ),
    selectOfUser: connection.query(
      `SELECT id, user_id, created_at, signed_in_at, last_seen_at, expires_at, remember, label FROM ${table} WHERE user_id = ?`,
    ),
    selectPage: connection.query(`SELECT id, ${recordOrEndingSql} FROM ${table} WHERE id > ? ORDER BY id LIMIT 100`),
    // A few rows at a time, because this process can do nothing else meanwhile.
    removeExpired: connection.writeBriefly(
      `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE expires_at < ? LIMIT 10) RETURNING 1`,
    ),
  }
}
