import { SojournError } from '../../core/errors.ts'
import { sqlState } from './connection.ts'
import type { RunQuery } from './types.ts'

export const defaultTable = 'sojourn_sessions'

// `id` and `user_id` are compared as bytes, because a new version of a locale would corrupt their indexes.
const columnDefinitions = [
  'id text COLLATE "C" PRIMARY KEY',
  'user_id text COLLATE "C"',
  'secret_hash text',
  'version bigint NOT NULL',
  'created_at bigint NOT NULL',
  'signed_in_at bigint',
  'last_seen_at bigint NOT NULL',
  'expires_at bigint NOT NULL',
  'remember boolean NOT NULL',
  'label text',
  'ended text',
  'ended_at bigint',
  'data jsonb',
]

interface SchemaObject {
  /** Its quoted name. */
  name: string
  sql: string
}

/**
 * Returns a table's name quoted for SQL, so that reserved words such as `user` work.
 *
 * @throws `ERR_OPTIONS` if the name is not valid
 */
export function quoteTableName(table: string): string {
  // 50 characters, because names of indexes add a suffix and Postgres allows 63 bytes.
  if (/^([A-Za-z_]\w{0,62}\.)?[A-Za-z_]\w{0,49}$/.test(table)) return `"${table.replace('.', '"."')}"`
  throw new SojournError(
    'ERR_OPTIONS',
    `table is ${JSON.stringify(table)}; use letters, digits and _, at most 50 of them. A schema and a dot may come first.`,
  )
}

/** Returns the table and its indexes, in the order in which they must be created. */
function schemaObjects(table: string): SchemaObject[] {
  const name = quoteTableName(table)
  const [last = '', schema] = table.split('.').toReversed()
  const index = (suffix: string, rest: string): SchemaObject => ({
    name: schema === undefined ? `"${last}_${suffix}"` : `"${schema}"."${last}_${suffix}"`,
    sql: `CREATE INDEX IF NOT EXISTS "${last}_${suffix}" ON ${name} ${rest}`,
  })
  return [
    {
      name,
      sql: `CREATE TABLE IF NOT EXISTS ${name} (\n  ${columnDefinitions.join(',\n  ')}\n)`,
    },
    // A hash index, because a b-tree rejects values longer than 2,704 bytes.
    index('of_user', 'USING hash (user_id) WHERE user_id IS NOT NULL'),
    index('by_expiry', '(expires_at)'),
  ]
}

/**
 * Returns the SQL that creates the table of {@link postgresStore} and its indexes, for a migration. It has three
 * statements. Each does nothing if its table or index exists.
 *
 * @param table the table's name, as in the options of `postgresStore`; by default `sojourn_sessions`
 * @throws `ERR_OPTIONS` if the table's name is not valid
 */
export function postgresTable(table = defaultTable): string {
  return schemaObjects(table)
    .map(({ sql }) => `${sql};\n`)
    .join('\n')
}

/** Creates the table and its indexes if they are missing. Several processes may do so at the same time. */
export async function createTable(run: RunQuery, table: string): Promise<void> {
  for (const part of schemaObjects(table)) await createSchemaObject(run, part)
}

async function createSchemaObject(run: RunQuery, { name, sql }: SchemaObject): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    // Check first, because the role may lack the right to create tables even if the table exists.
    const [exists] = await run<boolean>('SELECT (to_regclass($1::text) IS NOT NULL)::text AS told', [name])
    if (exists === true) return
    try {
      await run(sql)
    } catch (error) {
      // Retry, because another process may create it between the check of IF NOT EXISTS and the creation.
      if (attempt === 10 || !createdMeanwhileStates.has(sqlState(error))) throw error
    }
  }
}

/** The SQLSTATEs that Postgres returns if several connections create one table at the same time. */
const createdMeanwhileStates = new Set<string | undefined>(['23505', '42P07', '42710', 'XX000'])

/** Returns an `ERR_STORE_CLIENT` error if the table is missing or has other columns; otherwise the error itself. */
export function explainError(error: unknown, table: string): unknown {
  const state = sqlState(error)
  if (state === '42P01') {
    return new SojournError(
      'ERR_STORE_CLIENT',
      `The database has no table ${table}. Create it once: await store.createTable(), or the SQL of postgresTable() in a migration.`,
      { cause: error },
    )
  }
  if (state !== '42703') return error
  return new SojournError(
    'ERR_STORE_CLIENT',
    `The database has a table ${table} that this version of Sojourn did not create. Name another: postgresStore(client, { table }).`,
    { cause: error },
  )
}
