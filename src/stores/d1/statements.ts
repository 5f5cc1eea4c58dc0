import { recordColumns } from '../sqlite/rows.ts'
import { clearSql, dataSql, insertColumnsSql, setEndingSql, setFieldsSql } from '../sqlite/statements.ts'

/** D1's clock, in whole epoch milliseconds. */
const nowSql = `CAST(unixepoch('subsec') * 1000 AS INTEGER)`

const lateMarker = 'sojourn: too late at'

/** Returns what D1's clock showed if an error says that a batch came too late, in epoch milliseconds; otherwise `null`. */
export function readLateness(error: unknown): number | null {
  const [, now] = new RegExp(`${lateMarker} (\\d+)`).exec(String(error)) ?? []
  return now === undefined ? null : Number(now)
}

/** How many rows one call of `sweep` removes of each table. */
const rowsPerSweep = 100

/**
 * Returns the SQL of a store's calls. D1 runs several statements as one transaction, but none of them can depend on what the program
 * makes of an earlier result. So each has all conditions of its call.
 */
export function statementsFor(table: string) {
  const cutoffs = `${table}_cutoffs`
  const whereKeySql = 'WHERE id = ? AND user_id IS ? AND ended IS NULL'
  const whereHeldSql = `${whereKeySql} AND secret_hash = ? AND version = COALESCE(?, version) RETURNING version`
  const cutOffSql = `EXISTS (SELECT 1 FROM ${cutoffs} WHERE of_user = ?2 AND spared IS NOT ?1 AND (?3 OR at >= ?4 OR at > ?5))`
  const isTakenSql = `EXISTS (SELECT 1 FROM ${table} WHERE id = ?1)`
  const liveSql = `FROM ${table} WHERE user_id = ?2 AND ended IS NULL AND expires_at > ?7`
  const countSql = `(SELECT count(*) ${liveSql})`
  const endingSql = (first: number): string =>
    `ended = ?${first}, ended_at = ?${first + 1}, expires_at = ?${first + 2}, ${clearSql}`
  // The session to spare is live, or is being created and was not cut off.
  const mayEndSql = `(?1 IS NULL OR EXISTS (SELECT 1 FROM ${table} WHERE id = ?1 AND user_id = ?2 AND ended IS NULL)
    OR (?6 AND NOT EXISTS (SELECT 1 FROM ${table} WHERE id = ?1 AND user_id = ?2) AND NOT ${cutOffSql}))`

  return {
    // The first statement of a batch that writes. If D1's clock has reached the parameter, it fails by a JSON path that is none. SQLite
    // puts the path into the message, and D1 undoes the batch. A condition in each statement could hold for one and not for the next.
    clock: `SELECT ${nowSql} AS now, CASE WHEN ${nowSql} >= ? THEN json_extract('{}', '${lateMarker} ' || ${nowSql}) END AS late`,
    select: `SELECT ${recordColumns}, NULL AS unfinished_ending FROM ${table} WHERE id = ? AND user_id IS ?`,
    selectOfUser: `SELECT id, user_id, created_at, signed_in_at, last_seen_at, expires_at, remember, label, idle_timeout,
      absolute_timeout, methods FROM ${table} WHERE user_id = ? AND ended IS NULL`,
    touch: `UPDATE ${table} SET ${setFieldsSql} ${whereHeldSql}`,
    change: `UPDATE ${table} SET ${setFieldsSql}, version = COALESCE(?, version + ?), data = json_patch(${dataSql}, ?) ${whereHeldSql}`,
    end: `UPDATE ${table} SET ${setEndingSql} ${whereKeySql} RETURNING 1`,

    // For create: 1 the id, 2 the user, 3 whether the clock is needed, 4 and 5 the conditions, 6 the limit,
    // 7 the last use, then the ending or the record.
    createState: `SELECT ${isTakenSql} AS is_taken, ${cutOffSql} AS is_cut_off, ${countSql} >= ?6 AS is_full`,
    endOldest: `UPDATE ${table} SET ${endingSql(8)} WHERE seq IN (SELECT seq ${liveSql} ORDER BY created_at, seq
      LIMIT max(0, ${countSql} + 1 - ?6)) AND NOT ${isTakenSql} AND NOT ${cutOffSql} RETURNING id`,
    insert: `INSERT INTO ${table} (${insertColumnsSql}) SELECT NULL, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21
      WHERE NOT ${cutOffSql} AND (?6 IS NULL OR ${countSql} < ?6) ON CONFLICT (id) DO NOTHING`,

    // For endAll: 1 the id to spare, 2 the user, 3 whether the clock is needed, 4 and 5 the conditions, 6 whether it is being
    // created, 7 to 9 the ending.
    endAllState: `SELECT ${mayEndSql} AS is_done`,
    endOthers: `UPDATE ${table} SET version = expires_at > ?8, ${endingSql(7)} WHERE user_id = ?2 AND ended IS NULL
      AND id IS NOT ?1 AND ${mayEndSql} RETURNING id, version`,
    putCutoff: `INSERT INTO ${cutoffs} (of_user, at, spared, cutoff_expires_at) SELECT ?2, ${nowSql}, ?1, ?9 WHERE ${mayEndSql}
      ON CONFLICT (of_user) DO UPDATE SET at = excluded.at, spared = excluded.spared, cutoff_expires_at = excluded.cutoff_expires_at`,

    sweep: `DELETE FROM ${table} WHERE seq IN (SELECT seq FROM ${table} WHERE expires_at < ? LIMIT ${rowsPerSweep}) RETURNING 1`,
    sweepCutoffs: `DELETE FROM ${cutoffs} WHERE of_user IN
      (SELECT of_user FROM ${cutoffs} WHERE cutoff_expires_at < ? LIMIT ${rowsPerSweep}) RETURNING 1`,
  }
}
