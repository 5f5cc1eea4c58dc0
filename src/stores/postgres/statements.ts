import { infoSql, recordColumns, recordOrEndingSql } from './rows.ts'

/** What a write tells. */
export interface WriteReply {
  /** How many rows were written; of an update, the row's version. `null` for none. */
  wrote: number | null
  /** The server's time afterwards, in epoch milliseconds. */
  now: number
}

/** What is in the error of a write that was undone, since it had waited for somebody's lock until it was too late. */
export const tooLateMarker = 'sojourn: too late'

export const serverTimeSql = 'floor(extract(epoch FROM clock_timestamp()) * 1000)'

/** A parameter that is a number. All are sent as texts, so that no driver writes one its own way. */
const bigintParameter = (name: string): string => `${name}::text::bigint`

/** Whether the time of a write is over. */
const isTooLateSql = `COALESCE(${serverTimeSql} >= ${bigintParameter('$2')}, false)`

/**
 * A write by its statement. The time is looked at twice. First with the row, so that a write which reaches the server late
 * is not begun. Then when it is done, by an aggregate, which cannot be told before it has seen all: what waited for a lock
 * is undone.
 */
const writeSql = (statement: string, wrote: string): string =>
  `WITH written AS (${statement}) SELECT json_build_object('wrote', ${wrote}, 'now', CASE WHEN count(*) > 0 AND ${isTooLateSql} ` +
  `THEN ('${tooLateMarker}, ' || clock_timestamp())::numeric ELSE ${serverTimeSql} END)::text AS told FROM written`

/** On which it is told what has ended, whatever its table. */
export const endedChannel = 'sojourn_ended'

// What tells holds a lock, of which the server has but one, until its commit is done. So it is a statement of its own, whose
// commit waits for no disk and no standby: in a write, one that waits would have all others wait.
const selectWithoutSync = `SELECT 'true' AS told FROM set_config('synchronous_commit', 'off', true)`

/** Tells a text to the one who listens by that name. */
export const publishSql = `${selectWithoutSync}, pg_notify('${endedChannel}_' || $1::text, $2::text)`

/** Tells the ids of sessions that have ended or were renewed to all who listen. */
export const publishEndedSql = `${selectWithoutSync}, unnest($1::text::text[]) AS id, pg_notify('${endedChannel}', id)`

/**
 * The statements of a store. Each is all of its call, so that nothing is left in a connection and any pooler will do. The
 * conditions on the row stand in the write itself: Postgres asks those again once it has waited for the row, but a
 * subquery would go on with what it saw before.
 */
export function createStatements(table: string) {
  const [createdOrNull, whereLive] = [
    'NULLIF(count(*), 0)',
    `WHERE id = $1::text AND ended IS NULL AND NOT ${isTooLateSql} RETURNING 1`,
  ]
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
    `UPDATE ${table} SET ended = $3::text, ended_at = ${bigintParameter('$4')}, expires_at = ${bigintParameter('$5')}, ` +
    `user_id = NULL, secret_hash = NULL, label = NULL, data = NULL ${whereLive}`

  return {
    create: writeSql(
      `INSERT INTO ${table} (${recordColumns}) SELECT ${recordColumns} FROM jsonb_populate_record(NULL::${table}, $1::text::jsonb) ` +
        `WHERE NOT ${isTooLateSql} ON CONFLICT (id) DO NOTHING RETURNING 1`,
      createdOrNull,
    ),

    read: `SELECT ${recordOrEndingSql} FROM ${table} WHERE id = $1::text`,

    update: writeSql(updateSql, 'max(version)'),

    end: writeSql(endSql, createdOrNull),

    /** Where there is no room for an ending. */
    remove: writeSql(`DELETE FROM ${table} ${whereLive}`, createdOrNull),

    list: `SELECT ${infoSql} FROM ${table} WHERE user_id = $1::text`,

    // The rows are chosen once, before anything is removed, and each is looked at again then.
    sweep:
      `WITH gone AS (DELETE FROM ${table} WHERE ${isExpiredSql} AND id = ANY(ARRAY(SELECT id FROM ${table} WHERE ${isExpiredSql} ` +
      'ORDER BY expires_at LIMIT 500 FOR UPDATE SKIP LOCKED)) RETURNING 1) SELECT count(*)::text AS told FROM gone',

    page: `SELECT ${recordOrEndingSql} FROM ${table} WHERE id > $1::text ORDER BY id LIMIT 100`,
  }
}
