import type { SqliteConnection } from './connection.ts'
import { recordColumns } from './rows.ts'
import type { TableNames } from './table.ts'

/** How many rows one step of a sweep or of an `endAll` changes, because this process can do nothing else meanwhile. */
export const rowsPerStep = 50
/** How many rows are read at once, for the same reason. */
export const rowsPerPage = 500

// SQL that D1 runs as well.
export const insertColumnsSql = `seq, id, user_id, secret_hash, version, created_at, signed_in_at, last_seen_at, expires_at,
  remember, label, idle_timeout, absolute_timeout, methods, data`
export const setFieldsSql = `last_seen_at = ?, expires_at = ?, secret_hash = COALESCE(?, secret_hash),
  signed_in_at = COALESCE(?, signed_in_at), remember = COALESCE(?, remember), label = CASE ? WHEN 1 THEN ? ELSE label END,
  idle_timeout = CASE ? WHEN 1 THEN ? ELSE idle_timeout END,
  absolute_timeout = CASE ? WHEN 1 THEN ? ELSE absolute_timeout END, methods = COALESCE(?, methods)`
/** Damaged data must not keep the session from being written. */
export const dataSql = `CASE WHEN json_valid(data) THEN data ELSE '{}' END`
/** An ending keeps none of these. */
export const clearSql = 'secret_hash = NULL, label = NULL, methods = NULL, data = NULL'
export const setEndingSql = `ended = ?, ended_at = ?, expires_at = ?, ${clearSql}`

/** Prepares all statements of a store. One function, because it is a list. */
export function prepareStatements(connection: SqliteConnection, { sessions, cutoffs, unfinished }: TableNames) {
  const { prepare, prepareArrays } = connection
  const unfinishedSql = `FROM ${unfinished} WHERE of_user = user_id AND seq <= upto AND id IS NOT spared`
  const liveSql = `ended IS NULL AND NOT EXISTS (SELECT 1 ${unfinishedSql})`
  const whereKeySql = 'WHERE id = ? AND user_id IS ?'
  const whereHeldSql = `${whereKeySql} AND secret_hash = ? AND version = COALESCE(?, version) AND ${liveSql} RETURNING version`
  const foundSql = `${recordColumns}, (SELECT ending ${unfinishedSql}) AS unfinished_ending`
  const isCutOffSql = `SELECT 1 FROM ${cutoffs} WHERE of_user = ? AND spared IS NOT ? AND (at >= ? OR at > ?)`
  const pageOfUserSql = `SELECT seq FROM ${sessions} WHERE user_id = ? AND ended IS NULL AND seq <= ? AND id IS NOT ?
    ORDER BY seq LIMIT ${rowsPerStep}`

  return {
    insert: prepare(
      `INSERT INTO ${sessions} (${insertColumnsSql}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO NOTHING RETURNING 1`,
    ),
    // The count includes sessions that have expired, because those of the index alone are counted much faster.
    selectState: prepare(
      `SELECT EXISTS (${isCutOffSql}) AS is_cut_off,
       (SELECT count(*) FROM ${sessions} WHERE user_id = ? AND ended IS NULL) AS count,
       (SELECT max(upto) FROM ${unfinished}) AS upto`,
    ),
    selectId: prepare(`SELECT 1 FROM ${sessions} WHERE id = ?`),
    selectCutOff: prepare(isCutOffSql),
    select: prepareArrays(`SELECT ${foundSql} FROM ${sessions} ${whereKeySql}`),
    selectLive: prepare(`SELECT 1 FROM ${sessions} ${whereKeySql} AND ${liveSql}`),
    touch: prepare(`UPDATE ${sessions} SET ${setFieldsSql} ${whereHeldSql}`),
    change: prepare(
      `UPDATE ${sessions} SET ${setFieldsSql}, version = COALESCE(?, version + ?), data = json_patch(${dataSql}, ?) ${whereHeldSql}`,
    ),
    putEnding: prepare(`UPDATE ${sessions} SET ${setEndingSql} ${whereKeySql} AND ${liveSql} RETURNING 1`),
    remove: prepare(`DELETE FROM ${sessions} ${whereKeySql} AND ${liveSql} RETURNING 1`),

    // Sessions that count for a limit.
    countOfUser: prepare(
      `SELECT count(*) AS count FROM ${sessions} WHERE user_id = ? AND expires_at > ? AND ${liveSql}`,
    ),
    endOldest: prepare(
      `UPDATE ${sessions} SET ${setEndingSql} WHERE seq IN (SELECT seq FROM ${sessions} WHERE user_id = ? AND expires_at > ?
       AND ${liveSql} ORDER BY created_at, seq LIMIT ?) RETURNING id`,
    ),

    putCutoff: prepare(
      `INSERT INTO ${cutoffs} (of_user, at, spared, cutoff_expires_at) VALUES (?, ?, ?, ?) ON CONFLICT (of_user) DO UPDATE
       SET at = excluded.at, spared = excluded.spared, cutoff_expires_at = excluded.cutoff_expires_at RETURNING 1`,
    ),
    putLaterCutoff: prepare(
      `INSERT INTO ${cutoffs} (of_user, at, spared, cutoff_expires_at) VALUES (?, ?, ?, ?) ON CONFLICT (of_user) DO UPDATE
       SET at = excluded.at, spared = excluded.spared, cutoff_expires_at = excluded.cutoff_expires_at
       WHERE excluded.at > at RETURNING 1`,
    ),
    lastSeq: prepare(`SELECT max(seq) AS seq FROM ${sessions}`),
    putUnfinished: prepare(
      `INSERT OR REPLACE INTO ${unfinished} (of_user, upto, spared, started_at, ending) VALUES (?, ?, ?, ?, ?) RETURNING 1`,
    ),
    // The version of an ending says whether the session was live until then.
    endPage: prepare(
      `UPDATE ${sessions} SET version = expires_at > ?, ${setEndingSql} WHERE seq IN (${pageOfUserSql}) RETURNING id, version`,
    ),
    removePage: prepare(`DELETE FROM ${sessions} WHERE seq IN (${pageOfUserSql}) RETURNING 1`),
    removeFinished: prepare(
      `DELETE FROM ${unfinished} WHERE of_user = ? AND NOT EXISTS (SELECT 1 FROM ${sessions}
       WHERE user_id = of_user AND ended IS NULL AND seq <= upto AND id IS NOT spared) RETURNING 1`,
    ),
    // The version says the same of a row that is not an ending yet. An earlier call has ended the rows up to a number but one.
    selectEnded: prepare(
      `SELECT seq, id, expires_at > ? AS version FROM ${sessions} WHERE user_id = ? AND ended IS NULL AND seq > ? AND seq <= ?
       AND id IS NOT ? AND (seq > ? OR id IS ?) ORDER BY seq LIMIT ${rowsPerPage}`,
    ),
    selectUnfinishedOf: prepare(`SELECT upto, spared FROM ${unfinished} WHERE of_user = ?`),
    selectUnfinished: prepare(`SELECT of_user, upto, spared, ending FROM ${unfinished} WHERE started_at < ? LIMIT 1`),

    selectOfUser: prepare(
      `SELECT id, user_id, created_at, signed_in_at, last_seen_at, expires_at, remember, label, idle_timeout,
       absolute_timeout, methods FROM ${sessions} WHERE user_id = ? AND ${liveSql}`,
    ),
    selectPage: prepareArrays(`SELECT ${foundSql}, seq FROM ${sessions} WHERE seq > ? ORDER BY seq LIMIT 100`),
    selectCutoffs: prepare(
      `SELECT of_user, at, spared, cutoff_expires_at FROM ${cutoffs} WHERE of_user > ? ORDER BY of_user LIMIT 100`,
    ),
    /** Returns a row if more have expired than one step removes. */
    hasManyExpired: prepare(`SELECT 1 FROM ${sessions} WHERE expires_at < ? LIMIT 1 OFFSET ${rowsPerStep}`),
    removeExpired: prepare(
      `DELETE FROM ${sessions} WHERE seq IN (SELECT seq FROM ${sessions} WHERE expires_at < ? LIMIT ${rowsPerStep}) RETURNING 1`,
    ),
    removeCutoffs: prepare(
      `DELETE FROM ${cutoffs} WHERE of_user IN
       (SELECT of_user FROM ${cutoffs} WHERE cutoff_expires_at < ? LIMIT ${rowsPerStep}) RETURNING 1`,
    ),
  }
}

export type Statements = ReturnType<typeof prepareStatements>

/** A database that is ready for the store. */
export interface Prepared {
  readonly connection: SqliteConnection
  readonly statements: Statements
}
