import { recordOrEndingSql } from './rows.ts'
import {
  declareValuesSql,
  replySql,
  setEndingSql,
  skipIfTooLateSql,
  undoIfTooLateSql,
  type SchemaNames,
} from './sql-parts.ts'

// Functions, because Postgres keeps the plans of their statements. A statement that a client sends is planned each time, and
// that takes longer than to run it. Conditions on the row are part of the write itself: Postgres checks these again after it has
// waited for the row's lock, but a subquery would keep the result from before the wait.

const whereKeySql = 'WHERE s.id = session_id AND s.user_id IS NOT DISTINCT FROM of_user'

/** Returns a row as {@link recordOrEndingSql} does. */
export const readFunctionSql = ({ sessions, read }: SchemaNames): string => `CREATE OR REPLACE FUNCTION ${read}(
  session_id text, of_user text
) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  found_row json;
BEGIN
  SELECT ${recordOrEndingSql} INTO found_row FROM ${sessions} AS s ${whereKeySql};
  RETURN found_row;
END $$`

const updateArguments = {
  session_id: 'text',
  deadline: 'numeric',
  of_user: 'text',
  held_hash: 'text',
  held_version: 'bigint',
  seen_at: 'bigint',
  new_expires_at: 'bigint',
  new_version: 'bigint',
  version_step: 'bigint',
}

/** The column's new value: the field of `fields` if it has it, otherwise the old value. `fields` is NULL in most updates. */
const fieldSql = (column: string, toType: string): string =>
  `${column} = CASE WHEN fields ? '${column}' THEN (fields->>'${column}')${toType} ELSE s.${column} END`

/**
 * Returns the new version. `fields` has the columns other than those above that change, if any. `set_texts` are the values to
 * write.
 */
export const updateFunctionSql = ({ sessions, update }: SchemaNames): string => `CREATE OR REPLACE FUNCTION ${update}(
  vals text[], unset_keys text[], set_texts jsonb, fields jsonb
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  ${declareValuesSql(updateArguments)}
  written bigint;
BEGIN
  ${skipIfTooLateSql}
  UPDATE ${sessions} AS s SET
      last_seen_at = seen_at,
      expires_at = new_expires_at,
      ${fieldSql('secret_hash', '')},
      ${fieldSql('signed_in_at', '::bigint')},
      ${fieldSql('remember', '::boolean')},
      ${fieldSql('label', '')},
      ${fieldSql('idle_timeout', '::numeric')},
      ${fieldSql('absolute_timeout', '::numeric')},
      ${fieldSql('methods', '::jsonb')},
      version = COALESCE(new_version, s.version + version_step),
      data = CASE version_step WHEN 0 THEN s.data ELSE (s.data - unset_keys) || set_texts END
    ${whereKeySql} AND s.ended IS NULL AND s.secret_hash = held_hash AND s.version = COALESCE(held_version, s.version)
    RETURNING s.version INTO written;
  IF written IS NOT NULL THEN
    ${undoIfTooLateSql}
  END IF;
  RETURN ${replySql('written')};
END $$`

const endArguments = {
  session_id: 'text',
  deadline: 'numeric',
  of_user: 'text',
  ending: 'text',
  ending_at: 'bigint',
  ending_expires_at: 'bigint',
}

/** Returns 1; −1 if the session had ended before. */
export const endFunctionSql = ({ sessions, end }: SchemaNames): string => `CREATE OR REPLACE FUNCTION ${end}(
  vals text[]
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  ${declareValuesSql(endArguments)}
  written bigint;
BEGIN
  ${skipIfTooLateSql}
  UPDATE ${sessions} AS s SET ${setEndingSql} ${whereKeySql} AND s.ended IS NULL RETURNING 1 INTO written;
  IF written IS NOT NULL THEN
    ${undoIfTooLateSql}
  ELSIF EXISTS (SELECT FROM ${sessions} AS s ${whereKeySql}) THEN
    written := -1;
  END IF;
  RETURN ${replySql('written')};
END $$`
