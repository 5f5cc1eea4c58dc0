import { SojournError } from '../../core/errors.ts'
import { sqlState } from './connection.ts'
import { endFunctionSql, readFunctionSql, updateFunctionSql } from './record-functions.ts'
import type { SchemaNames } from './sql-parts.ts'
import type { RunQuery } from './types.ts'
import { createFunctionSql, endAllFunctionSql } from './user-functions.ts'

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
  'idle_timeout numeric',
  'absolute_timeout numeric',
  'methods jsonb',
  'ended text',
  'ended_at bigint',
  'data jsonb',
]

// One row for each user who signed in. It is the lock of the user's sessions, and holds the cutoff.
const userColumnDefinitions = [
  'key bytea PRIMARY KEY',
  'user_id text COLLATE "C" NOT NULL',
  'cutoff_at bigint',
  'spared text',
  'expires_at bigint NOT NULL',
]

/** A new body of a function needs a new version, because servers of the old version still call the old one. */
const functionVersion = 2

interface SchemaObject {
  /** Its quoted name. */
  name: string
  isFunction?: boolean
  sql: string
}

/**
 * Returns a table's name quoted for SQL, so that reserved words such as `user` work.
 *
 * @throws `ERR_OPTIONS` if the name is not valid
 */
export function quoteTableName(table: string): string {
  // 50 characters, because other names add a suffix and Postgres allows 63 bytes.
  if (/^([A-Za-z_]\w{0,62}\.)?[A-Za-z_]\w{0,49}$/.test(table)) return `"${table.replace('.', '"."')}"`
  throw new SojournError(
    'ERR_OPTIONS',
    `table is ${JSON.stringify(table)}; use letters, digits and _, at most 50 of them. A schema and a dot may come first.`,
  )
}

/** @throws `ERR_OPTIONS` if the table's name is not valid */
export function schemaNames(table: string): SchemaNames {
  const sessions = quoteTableName(table)
  const withSuffix = (suffix: string): string => `${sessions.slice(0, -1)}_${suffix}"`
  return {
    sessions,
    users: withSuffix('users'),
    read: withSuffix(`read_${functionVersion}`),
    create: withSuffix(`create_${functionVersion}`),
    update: withSuffix(`update_${functionVersion}`),
    end: withSuffix(`end_${functionVersion}`),
    endAll: withSuffix(`end_all_${functionVersion}`),
  }
}

/** Returns the tables, their indexes and the functions, in the order in which they must be created. */
function schemaObjects(table: string): SchemaObject[] {
  const names = schemaNames(table)
  const [last = '', schema] = table.split('.').toReversed()
  const createTable = (name: string, columns: string[]): SchemaObject => ({
    name,
    sql: `CREATE TABLE IF NOT EXISTS ${name} (\n  ${columns.join(',\n  ')}\n)`,
  })
  const index = (suffix: string, on: string): SchemaObject => ({
    name: schema === undefined ? `"${last}_${suffix}"` : `"${schema}"."${last}_${suffix}"`,
    sql: `CREATE INDEX IF NOT EXISTS "${last}_${suffix}" ON ${on}`,
  })
  return [
    createTable(names.sessions, columnDefinitions),
    // A hash index, because a b-tree rejects values longer than 2,704 bytes.
    index('of_user', `${names.sessions} USING hash (user_id) WHERE ended IS NULL`),
    index('by_expiry', `${names.sessions} (expires_at)`),
    createTable(names.users, userColumnDefinitions),
    index('users_by_expiry', `${names.users} (expires_at)`),
    { name: names.read, isFunction: true, sql: readFunctionSql(names) },
    { name: names.create, isFunction: true, sql: createFunctionSql(names) },
    { name: names.update, isFunction: true, sql: updateFunctionSql(names) },
    { name: names.end, isFunction: true, sql: endFunctionSql(names) },
    { name: names.endAll, isFunction: true, sql: endAllFunctionSql(names) },
  ]
}

/**
 * Returns the SQL that creates the tables of {@link postgresStore}, their indexes and its functions, for a migration. Each
 * statement does nothing if its object exists, or creates a function again.
 *
 * @param table the table's name, as in the options of `postgresStore`; by default `sojourn_sessions`
 * @throws `ERR_OPTIONS` if the table's name is not valid
 */
export function postgresTable(table = defaultTable): string {
  return schemaObjects(table)
    .map(({ sql }) => `${sql};\n`)
    .join('\n')
}

/**
 * Creates what is missing. Several processes may do so at the same time.
 *
 * @throws `ERR_STORE_CLIENT` if the server is too old; its functions would be created, and fail when they are called
 */
export async function createTable(run: RunQuery, table: string): Promise<void> {
  const [version] = await run<number>(`SELECT current_setting('server_version_num') AS result`)
  if (version! < oldestVersion * 10_000) {
    throw new SojournError(
      'ERR_STORE_CLIENT',
      `postgresStore needs Postgres ${oldestVersion} or newer, and this is version ${Math.floor(version! / 10_000)}.`,
    )
  }
  for (const part of schemaObjects(table)) await createSchemaObject(run, part)
}

/** Resolves to the names of the tables, indexes and functions that are missing. Creates nothing. */
export async function findMissingObjects(run: RunQuery, table: string): Promise<string[]> {
  const missing: string[] = []
  for (const { name, isFunction = false } of schemaObjects(table)) {
    const lookUp = isFunction ? 'to_regproc' : 'to_regclass'
    const [exists] = await run<boolean>(`SELECT (${lookUp}($1::text) IS NOT NULL)::text AS result`, [name])
    if (exists !== true) missing.push(name.replaceAll('"', ''))
  }
  return missing
}

const oldestVersion = 11

async function createSchemaObject(run: RunQuery, { name, isFunction = false, sql }: SchemaObject): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    // Check first, because the role may lack the right to create tables even if the table exists.
    const lookUp = isFunction ? 'to_regproc' : 'to_regclass'
    const [exists] = await run<boolean>(`SELECT (${lookUp}($1::text) IS NOT NULL)::text AS result`, [name])
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

/** Returns an `ERR_STORE_CLIENT` error if a table or function is missing, or has other columns; otherwise the error itself. */
export function explainError(error: unknown, table: string): unknown {
  const state = sqlState(error)
  if (state === '42P01' || state === '42883') {
    return new SojournError(
      'ERR_STORE_CLIENT',
      `The database has no table ${table}, or lacks a part of it. Create it once: await store.createTable(), or the SQL of postgresTable() in a migration.`,
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
