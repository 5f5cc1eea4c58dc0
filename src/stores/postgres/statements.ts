import { infoSql, recordOrEndingSql } from './rows.ts'
import { serverTimeSql, tooLateMarker, userKeySql, type SchemaNames } from './sql-parts.ts'

/** The reply of a write. */
export interface WriteReply<Wrote> {
  /**
   * The new version for an update, 1 for an end, −1 if the session had ended before, and an object for a function. `null` if
   * nothing was written.
   */
  wrote: Wrote | null
  /** The server's time after the write, in epoch milliseconds. */
  now: number
}

/** Casts a parameter. All parameters are sent as texts, because drivers convert other types differently. */
const parameter = (position: number, type: string): string =>
  type === 'text' ? `$${position}::text` : `$${position}::text::${type}`

/** Calls a function with a parameter of each type. */
const callSql = (name: string, types: string): string =>
  `SELECT ${name}(${types
    .split(' ')
    .map((type, at) => parameter(at + 1, type))
    .join()})::text AS result`

/** Whether a write's deadline has passed; false if it has no deadline. */
const isTooLateSql = `COALESCE(${serverTimeSql} >= ${parameter(2, 'numeric')}, false)`

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
 * works.
 */
export function createStatements({ sessions, users, ...functions }: SchemaNames) {
  const isExpiredSql = `expires_at < ${parameter(1, 'bigint')}`

  return {
    create: callSql(functions.create, 'jsonb text[]'),

    // Not FROM the function, because that takes Postgres a tenth longer.
    read: `SELECT COALESCE(${functions.read}($1::text, $2::text)::text, 'null') AS result`,

    update: callSql(functions.update, 'text[] text[] jsonb jsonb'),

    end: callSql(functions.end, 'text[]'),

    /** Used if the disk has no room for an ending. */
    remove: writeSql(
      `DELETE FROM ${sessions} WHERE id = $1::text AND user_id IS NOT DISTINCT FROM $3::text AND ended IS NULL ` +
        `AND NOT ${isTooLateSql} RETURNING 1`,
      'NULLIF(count(*), 0)',
    ),

    endAll: callSql(functions.endAll, 'text[]'),

    /** Used if the disk has no room for the endings. Spares the session `$3`, which must be live, unless it is being created (`$4`). */
    removeAll: writeSql(
      `DELETE FROM ${sessions} WHERE user_id = $1::text AND id IS DISTINCT FROM $3::text AND ended IS NULL AND NOT ${isTooLateSql} ` +
        `AND ($3::text IS NULL OR $4::text IS NOT NULL OR EXISTS (SELECT FROM ${sessions} ` +
        'WHERE id = $3::text AND user_id = $1::text AND ended IS NULL)) RETURNING id',
      "COALESCE(json_agg(id), '[]')",
    ),

    list: `SELECT ${infoSql} FROM ${sessions} WHERE user_id = $1::text AND ended IS NULL`,

    putCutoff:
      `INSERT INTO ${users} AS old (key, user_id, cutoff_at, spared, expires_at) VALUES (${userKeySql('$1::text')}, ` +
      `$1::text, ${parameter(2, 'bigint')}, $3::text, ${parameter(4, 'bigint')}) ON CONFLICT (key) DO UPDATE ` +
      'SET cutoff_at = excluded.cutoff_at, spared = excluded.spared, expires_at = excluded.expires_at ' +
      "WHERE COALESCE(old.cutoff_at, 0) < excluded.cutoff_at RETURNING 'true' AS result",

    // ARRAY selects the rows once, before the first is deleted. The DELETE then checks each row's expiry again.
    sweep:
      `WITH gone AS (DELETE FROM ${sessions} WHERE ${isExpiredSql} AND id = ANY(ARRAY(SELECT id FROM ${sessions} WHERE ${isExpiredSql} ` +
      'ORDER BY expires_at LIMIT 500 FOR UPDATE SKIP LOCKED)) RETURNING 1), ' +
      `gone_users AS (DELETE FROM ${users} WHERE ${isExpiredSql} AND key = ANY(ARRAY(SELECT key FROM ${users} ` +
      `WHERE ${isExpiredSql} ORDER BY expires_at LIMIT 1000 FOR UPDATE SKIP LOCKED)) RETURNING cutoff_at) ` +
      'SELECT ((SELECT count(*) FROM gone) + (SELECT count(cutoff_at) FROM gone_users))::text AS result',

    page: `SELECT ${recordOrEndingSql}::text AS result FROM ${sessions} WHERE id > $1::text ORDER BY id LIMIT 100`,

    cutoffPage:
      `SELECT json_build_array(encode(key, 'hex'), user_id, json_build_object('at', cutoff_at, 'spared', spared, 'expiresAt', expires_at))` +
      `::text AS result FROM ${users} WHERE key > decode($1::text, 'hex') AND cutoff_at IS NOT NULL ORDER BY key LIMIT 100`,
  }
}
