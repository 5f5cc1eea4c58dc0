import { SojournError } from '../../core/errors.ts'
import { sqlState } from './connection.ts'
import type { RunQuery } from './types.ts'

export const defaultTable = 'sojourn_sessions'

// `id` and `user_id` are compared as bytes, so that no new locale ever spoils an index.
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
  /** Its name in SQL. */
  name: string
  sql: string
}

/**
 * A table's name in SQL: quoted, so that words such as `user` may be one.
 *
 * @throws `ERR_OPTIONS` for a name that cannot be one
 */
export function quoteTableName(table: string): string {
  // As long as its indexes leave room for in the 63 bytes of a name.
  if (/^([A-Za-z_]\w{0,62}\.)?[A-Za-z_]\w{0,49}$/.test(table)) return `"${table.replace('.', '"."')}"`
  throw new SojournError(
    'ERR_OPTIONS',
    `table is ${JSON.stringify(table)}; use letters, digits and _, at most 50 of them, after a schema and a dot if need be.`,
  )
}

/** The table and its indexes. */
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
    // A hash, since a b-tree refuses what is longer than 2,704 bytes.
    index('of_user', 'USING hash (user_id) WHERE user_id IS NOT NULL'),
    index('by_expiry', '(expires_at)'),
  ]
}

/**
 * The SQL that makes the table of {@link postgresStore} and its indexes, for a migration: three statements, each of which
 * does nothing where its part is there.
 *
 * @param table its name, as `postgresStore` is given it; `sojourn_sessions` where left out
 * @throws `ERR_OPTIONS` for a table's name that cannot be one
 */
export function postgresTable(table = defaultTable): string {
  return schemaObjects(table)
    .map(({ sql }) => `${sql};\n`)
    .join('\n')
}

/** Makes what is missing of the table, whoever else does so at the same time. */
export async function createTable(run: RunQuery, table: string): Promise<void> {
  for (const part of schemaObjects(table)) await createSchemaObject(run, part)
}

async function createSchemaObject(run: RunQuery, { name, sql }: SchemaObject): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    // Asked first, since a role that may not make tables may be at work on one that is there.
    const [exists] = await run<boolean>('SELECT (to_regclass($1::text) IS NOT NULL)::text AS told', [name])
    if (exists === true) return
    try {
      await run(sql)
    } catch (error) {
      // IF NOT EXISTS looks before it makes, and others may do so in between.
      if (attempt === 10 || !createdMeanwhileStates.has(sqlState(error))) throw error
    }
  }
}

/** What those who make one table at once are told. */
const createdMeanwhileStates = new Set<string | undefined>(['23505', '42P07', '42710', 'XX000'])

/** What to say where the table is not as it has to be; otherwise the error itself. */
export function explainError(error: unknown, table: string): unknown {
  const state = sqlState(error)
  if (state === '42P01') {
    return new SojournError(
      'ERR_STORE_CLIENT',
      `The database has no table ${table}. Make it once: await store.createTable(), or the SQL of postgresTable() in a migration.`,
      { cause: error },
    )
  }
  if (state !== '42703') return error
  return new SojournError(
    'ERR_STORE_CLIENT',
    `The database has a table ${table} that this version of Sojourn did not make. Name another: postgresStore(client, { table }).`,
    { cause: error },
  )
}
