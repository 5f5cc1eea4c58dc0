import { infoSql, recordColumns, recordOrEndingSql } from './rows.ts'

/** The reply of a write. */
export interface WriteReply {
  /**
   * The new version for an update. 1 or, for the end of a guest's session, {@link wroteGuest}; the same below zero if it had ended
   * before. `null` if no row was written.
   */
  wrote: number | null
  /** The server's time after the write, in epoch milliseconds. */
  now: number
}

/** What `end` writes if the session was a guest's. */
export const wroteGuest = 2

/** Occurs in the error of a write that was undone because it had waited for a lock until its deadline passed. */
export const tooLateMarker = 'sojourn: too late'

export const serverTimeSql = 'floor(extract(epoch FROM clock_timestamp()) * 1000)'

/** Casts a parameter to a number. All parameters are sent as texts, because drivers convert numbers differently. */
const bigintParameter = (name: string): string => `${name}::text::bigint`

/** Whether a write's deadline has passed; false if it has no deadline. */
const isTooLateSql = `COALESCE(${serverTimeSql} >= ${bigintParameter('$2')}, false)`

/**
 * Wraps a statement so that it returns a {@link WriteReply}, and checks the deadline twice. The first check is in the
 * statement's condition: a write that reaches the server late is not started. The second check is in an aggregate, which
 * runs after the write: it raises an error to undo a write that waited for a lock.
 */
const writeSql = (statement: string, wroteSql: string): string =>
  `WITH written AS (${statement}) SELECT json_build_object('wrote', ${wroteSql}, 'now', CASE WHEN count(*) > 0 AND ${isTooLateSql} ` +
  `THEN ('${tooLateMarker}, ' || clock_timestamp())::numeric ELSE ${serverTimeSql} END)::text AS result FROM written`

/** The channel that announces ended and renewed sessions, for all tables of the database. */
export const endedChannel = 'sojourn_ended'

// A transaction that notifies holds a lock of the whole server until its commit is done. So notify in a statement of its
// own, whose commit waits for no disk and no standby. Inside a write, one slow commit would block all others.
const selectWithoutSync = `SELECT 'true' AS result FROM set_config('synchronous_commit', 'off', true)`

/** Sends the text `$2` to the process with the name `$1`. */
export const publishSql = `${selectWithoutSync}, pg_notify('${endedChannel}_' || $1::text, $2::text)`

/** Sends encoded notices to all processes. */
export const publishNoticesSql = `${selectWithoutSync}, unnest($1::text::text[]) AS notice, pg_notify('${endedChannel}', notice)`

/**
 * Builds the store's statements. Each call is one statement, so that no state remains in a connection and any pooler
 * works. Conditions on the row are part of the write itself: Postgres checks these again after it has waited for the
 * row's lock, but a subquery would keep the result from before the wait.
 */
export function createStatements(table: string) {
  const whereLive = `WHERE id = $1::text AND ended IS NULL AND NOT ${isTooLateSql} `
  const isExpiredSql = `expires_at < ${bigintParameter('$1')}`
  const updateSql =
    `UPDATE ${table} SET last_seen_at = ${bigintParameter('$5')}, expires_at = ${bigintParameter('$6')}, ` +
    `secret_hash = COALESCE($7::text, secret_hash), signed_in_at = COALESCE(${bigintParameter('$8')}, signed_in_at), ` +
    'remember = COALESCE($9::text::boolean, remember), ' +
    'label = CASE WHEN $10::text::boolean THEN $11::text ELSE label END, ' +
    `version = COALESCE(${bigintParameter('$15')}, version + ${bigintParameter('$12')}), ` +
    "data = CASE $12::text WHEN '0' THEN data ELSE (data - $13::text::text[]) || $14::text::jsonb END " +
    `WHERE id = $1::text AND secret_hash = $3::text AND version = COALESCE(${bigintParameter('$4')}, version) ` +
    `AND NOT ${isTooLateSql} RETURNING version`
  const endSql =
    // An ending's version is only read below.
    `UPDATE ${table} SET version = CASE WHEN user_id IS NULL THEN ${wroteGuest} ELSE 1 END, ended = $3::text, ended_at = ${bigintParameter('$4')}, expires_at = ${bigintParameter('$5')}, ` +
    `user_id = NULL, secret_hash = NULL, label = NULL, data = NULL ${whereLive}RETURNING version AS kind`

  return {
    create: writeSql(
      `INSERT INTO ${table} (${recordColumns}) SELECT ${recordColumns} FROM jsonb_populate_record(NULL::${table}, $1::text::jsonb) ` +
        `WHERE NOT ${isTooLateSql} ON CONFLICT (id) DO NOTHING RETURNING 1`,
      'NULLIF(count(*), 0)',
    ),

    read: `SELECT ${recordOrEndingSql} FROM ${table} WHERE id = $1::text`,

    update: writeSql(updateSql, 'max(version)'),

    end: writeSql(
      endSql,
      `COALESCE(max(kind), (SELECT -version FROM ${table} WHERE id = $1::text AND ended IS NOT NULL))`,
    ),

    /** Used if the disk has no room for an ending. */
    remove: writeSql(
      `DELETE FROM ${table} ${whereLive}RETURNING CASE WHEN user_id IS NULL THEN ${wroteGuest} ELSE 1 END AS kind`,
      'max(kind)',
    ),

    list: `SELECT ${infoSql} FROM ${table} WHERE user_id = $1::text`,

    // ARRAY selects the rows once, before the first is deleted. The DELETE then checks each row's expiry again.
    sweep:
      `WITH gone AS (DELETE FROM ${table} WHERE ${isExpiredSql} AND id = ANY(ARRAY(SELECT id FROM ${table} WHERE ${isExpiredSql} ` +
      'ORDER BY expires_at LIMIT 500 FOR UPDATE SKIP LOCKED)) RETURNING 1) SELECT count(*)::text AS result FROM gone',

    page: `SELECT ${recordOrEndingSql} FROM ${table} WHERE id > $1::text ORDER BY id LIMIT 100`,
  }
}
