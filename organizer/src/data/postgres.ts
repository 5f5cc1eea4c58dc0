import type { Pool, PoolConfig } from 'pg'
import { ConfigError } from '../server/config.ts'
import { DatabaseDown } from './database-down.ts'
import type { Db, Value } from './db.ts'
import { isOutage, startError } from '../server/outage.ts'
import { serverAddress } from '../server/server-address.ts'

// Text is compared by its bytes (collation C), as in SQLite, because servers may sort by a language.
const migrations = [
  `CREATE TABLE people (
     id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     email TEXT COLLATE "C" NOT NULL UNIQUE,
     name TEXT NOT NULL,
     password_hash TEXT NOT NULL,
     demo INTEGER NOT NULL DEFAULT 0,
     created_at BIGINT NOT NULL,
     password_number INTEGER NOT NULL DEFAULT 1,
     oldest_password INTEGER NOT NULL DEFAULT 1
   );
   CREATE TABLE events (
     id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     owner_id BIGINT NOT NULL REFERENCES people(id) ON DELETE CASCADE,
     title TEXT NOT NULL,
     starts_at TEXT COLLATE "C" NOT NULL,
     place TEXT NOT NULL,
     description TEXT NOT NULL,
     created_at BIGINT NOT NULL
   );
   CREATE INDEX events_of_owner ON events(owner_id, starts_at);`,
  `ALTER TABLE events ADD COLUMN deleted_at BIGINT;
   CREATE TABLE device_names (
     session_id TEXT PRIMARY KEY,
     owner_id BIGINT NOT NULL REFERENCES people(id) ON DELETE CASCADE,
     name TEXT NOT NULL
   );`,
]

/** An arbitrary number that no other program may use for an advisory lock in this database. */
const migrationLock = 7_071_856

const bigintOid = 20

/**
 * Opens a Postgres database and applies its migrations. Several servers may do this at the same time.
 *
 * @throws `ConfigError` if Postgres does not answer or refuses
 */
export async function openPostgresDb(url: string): Promise<Db> {
  const { default: pg } = await import('pg')
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'organizer',
    max: 10,
    keepAlive: true,
    // Short, because pages report an outage and retry.
    connectionTimeoutMillis: 2000,
    query_timeout: 3000,
    // Ids and timestamps fit JavaScript's numbers.
    types: { getTypeParser: (type, format) => (type === bigintOid ? Number : pg.types.getTypeParser(type, format)) },
  } satisfies PoolConfig)
  // An idle connection may break. The pool opens another for the next query.
  pool.on('error', () => {})

  async function query(sql: string, values: readonly Value[] = []) {
    try {
      return await pool.query(numberPlaceholders(sql), [...values])
    } catch (error) {
      throw isOutage(error) ? new DatabaseDown(error) : error
    }
  }

  try {
    await migrate(pool)
  } catch (error) {
    await pool.end()
    if (error instanceof ConfigError) throw error
    throw startError(`Postgres at ${serverAddress(url)}`, 'DATABASE_URL', error)
  }
  return {
    rows: async <Row>(sql: string, values?: readonly Value[]) => (await query(sql, values)).rows as Row[],
    run: async (sql, values) => (await query(sql, values)).rowCount ?? 0,
    close: () => pool.end(),
  }
}

/** Replaces each `?` by `$1`, `$2` and so on. Our statements contain no other question marks. */
function numberPlaceholders(sql: string): string {
  let count = 0
  return sql.replaceAll('?', () => `$${++count}`)
}

async function migrate(pool: Pool): Promise<void> {
  const client = await pool.connect()
  let failure: Error | undefined
  try {
    // The lock belongs to the transaction. So it works through a pooler, and ends if this process dies.
    await client.query(`BEGIN; SELECT pg_advisory_xact_lock(${migrationLock})`)
    await client.query('CREATE TABLE IF NOT EXISTS organizer_version (version INTEGER NOT NULL)')
    const { rows } = await client.query<{ version: number }>('SELECT version FROM organizer_version')
    const version = rows[0]?.version ?? 0
    if (version > migrations.length)
      throw new ConfigError('The database in DATABASE_URL was written by a newer version of Organizer.')
    for (const sql of migrations.slice(version)) await client.query(sql)
    await client.query('DELETE FROM organizer_version')
    await client.query(`INSERT INTO organizer_version VALUES (${migrations.length})`)
    await client.query('COMMIT')
  } catch (error) {
    failure = error as Error
    throw error
  } finally {
    client.release(failure) // an error closes the connection, which rolls the transaction back
  }
}
