import { recordColumns } from './rows.ts'
import {
  declareValuesSql,
  exactServerTimeSql,
  replySql,
  setEndingSql,
  skipIfTooLateSql,
  undoIfTooLateSql,
  userKeySql,
  type SchemaNames,
} from './sql-parts.ts'

/**
 * Locks the user's row, and reads the cutoff. A function takes a new snapshot for each statement, so that those below see all
 * that was committed before. If the isolation level is stricter, they do not. But then this statement fails if another
 * transaction has written the row since, because it writes the row, and the call is repeated.
 */
const lockUserSql = (users: string, userId: string, expiresAt: string): string =>
  `INSERT INTO ${users} AS locked (key, user_id, expires_at) VALUES (${userKeySql(userId)}, ${userId}, ${expiresAt})
    ON CONFLICT (key) DO UPDATE SET user_id = excluded.user_id RETURNING locked.cutoff_at, locked.spared INTO cutoff;`

const createArguments = {
  deadline: 'numeric',
  opened: 'numeric',
  began: 'numeric',
  max_sessions: 'bigint',
  ending: 'text',
  ending_at: 'bigint',
  ending_expires_at: 'bigint',
}

/** Adds a record. `opened` is when its request was opened, by the server's clock. A guest's record has no conditions. */
export const createFunctionSql = ({
  sessions,
  users,
  create,
}: SchemaNames): string => `CREATE OR REPLACE FUNCTION ${create}(
  record_row jsonb, vals text[]
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  ${declareValuesSql(createArguments)}
  added ${sessions}%ROWTYPE;
  cutoff record;
  live bigint;
  refusal text;
  gone json;
BEGIN
  ${skipIfTooLateSql}
  added := jsonb_populate_record(NULL::${sessions}, record_row);
  IF added.user_id IS NOT NULL THEN
    ${lockUserSql(users, 'added.user_id', 'added.expires_at')}
    IF max_sessions IS NOT NULL THEN
      SELECT count(*) INTO live FROM ${sessions} AS s
        WHERE s.user_id = added.user_id AND s.ended IS NULL AND s.expires_at > added.last_seen_at;
    END IF;
    IF cutoff.spared IS DISTINCT FROM added.id AND (cutoff.cutoff_at >= opened OR cutoff.cutoff_at > began) THEN
      refusal := 'cut-off';
    ELSIF live >= max_sessions AND ending IS NULL THEN
      refusal := 'full';
    END IF;
  END IF;
  IF refusal IS NULL THEN
    INSERT INTO ${sessions} (${recordColumns})
      SELECT ${recordColumns.replaceAll(/\w+/g, 'added.$&')} ON CONFLICT (id) DO NOTHING;
    IF NOT FOUND THEN
      refusal := 'taken';
    END IF;
  ELSIF EXISTS (SELECT FROM ${sessions} AS s WHERE s.id = added.id) THEN
    refusal := 'taken';
  END IF;
  IF refusal IS NOT NULL THEN
    RETURN ${replySql("json_build_object('result', refusal, 'ended', '[]'::json)")};
  END IF;
  IF live >= max_sessions THEN
    WITH ended_rows AS (
      UPDATE ${sessions} AS s SET ${setEndingSql}
        WHERE s.ended IS NULL AND s.id = ANY(ARRAY(
          SELECT t.id FROM ${sessions} AS t
            WHERE t.user_id = added.user_id AND t.ended IS NULL AND t.expires_at > added.last_seen_at AND t.id <> added.id
            ORDER BY t.created_at LIMIT live + 1 - max_sessions))
        RETURNING s.id
    ) SELECT json_agg(e.id) INTO gone FROM ended_rows AS e;
  END IF;
  ${undoIfTooLateSql}
  RETURN ${replySql("json_build_object('result', 'created', 'ended', COALESCE(gone, '[]'))")};
END $$`

const endAllArguments = {
  of_user: 'text',
  deadline: 'numeric',
  except_id: 'text',
  opened: 'numeric',
  ending: 'text',
  ending_at: 'bigint',
  ending_expires_at: 'bigint',
}

/** Ends all sessions of a user but one. `opened` is when the request that creates that one was opened, by the server's clock. */
export const endAllFunctionSql = ({
  sessions,
  users,
  endAll,
}: SchemaNames): string => `CREATE OR REPLACE FUNCTION ${endAll}(
  vals text[]
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  ${declareValuesSql(endAllArguments)}
  cutoff record;
  gone json;
BEGIN
  ${skipIfTooLateSql}
  ${lockUserSql(users, 'of_user', 'ending_expires_at')}
  IF except_id IS NOT NULL THEN
    PERFORM FROM ${sessions} AS s WHERE s.id = except_id AND s.user_id = of_user AND s.ended IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND AND (
      opened IS NULL OR (cutoff.spared IS DISTINCT FROM except_id AND cutoff.cutoff_at >= opened)
      OR EXISTS (SELECT FROM ${sessions} AS s WHERE s.id = except_id AND s.user_id = of_user)
    ) THEN
      RETURN ${replySql("json_build_object('isDone', false, 'ended', '[]'::json)")};
    END IF;
  END IF;
  UPDATE ${users} AS u
    SET cutoff_at = ceil(${exactServerTimeSql}), spared = except_id, expires_at = ending_expires_at
    WHERE u.key = ${userKeySql('of_user')};
  WITH ended_rows AS (
    UPDATE ${sessions} AS s SET version = (s.expires_at > ending_at)::int, ${setEndingSql}
      WHERE s.user_id = of_user AND s.ended IS NULL AND s.id IS DISTINCT FROM except_id
      RETURNING s.id, s.version
  ) SELECT json_agg(e.id) FILTER (WHERE e.version = 1) INTO gone FROM ended_rows AS e;
  ${undoIfTooLateSql}
  RETURN ${replySql("json_build_object('isDone', true, 'ended', COALESCE(gone, '[]'))")};
END $$`
