import { optionsError } from '../../core/errors.ts'
import { createRunQuery } from '../../stores/postgres/connection.ts'
import type { PostgresClient } from '../../stores/postgres/types.ts'
import type { PromiseStore } from './foreign-store.ts'
import { parseJsonObject } from './json-object.ts'

/** Options of {@link connectPgSimple}. */
export interface ConnectPgSimpleOptions {
  /** `tableName` of connect-pg-simple. @default 'session' */
  tableName?: string | undefined
  /** `schemaName` of connect-pg-simple. @default the connection's own schema */
  schemaName?: string | undefined
}

/**
 * Reads the table of connect-pg-simple, without that package: `store: connectPgSimple(pool)`. Accepts the same clients as
 * `postgresStore`, and can share its pool. Its connections need the time zone of the application's: the table's times have none.
 *
 * @throws `ERR_STORE_CLIENT` if the client is not supported; `ERR_OPTIONS`
 */
export function connectPgSimple(
  client: PostgresClient,
  { tableName = 'session', schemaName }: ConnectPgSimpleOptions = {},
): PromiseStore {
  const table = [schemaName, tableName].filter((name) => name !== undefined).map(quoteName)
  const run = createRunQuery(client)
  const from = table.join('.')
  return {
    async get(id) {
      // As JSON within a JSON text, because the escapes of our own tables are reverted in the texts of rows.
      const select = `SELECT to_json(sess::text)::text AS sess FROM ${from} WHERE sid = $1 AND expire >= now()`
      const [text] = await run<string>(select, [id])
      return text === undefined ? null : parseJsonObject(text)
    },
    destroy: (id) => run(`DELETE FROM ${from} WHERE sid = $1`, [id]),
    shorten: (id, seconds) =>
      run(
        `UPDATE ${from} SET expire = LEAST(expire, now() + make_interval(secs => $2::double precision)) WHERE sid = $1`,
        [id, seconds],
      ),
  }
}

function quoteName(name: string): string {
  if (typeof name !== 'string' || name === '')
    throw optionsError('tableName and schemaName of connectPgSimple must be names.')
  return `"${name.replaceAll('"', '""')}"`
}
