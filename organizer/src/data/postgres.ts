import type { Pool, PoolConfig } from 'pg'
import { ConfigError } from '../server/config.ts'
import type { Db, Value } from './db.ts'
import { DatabaseDown, isOutage, notToBeHad } from '../server/outage.ts'
import { serverOf } from '../server/server-address.ts'

// Texts are compared by their bytes, as SQLite does, whatever language the server sorts by.
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
]

/** Any number will do, as long as all of these servers take the same, and nobody else in the database. */
const migrating = 7_071_856

const bigint = 20 // its number among the types of Postgres

/**
 * Opens a Postgres database, and brings it up to date; several servers may do so at once.
 *
 * @throws `ConfigError` where it does not answer, or does not let us in
 */
export async function openPostgresDb(url: string): Promise<Db> {
  const { default: pg } = await import('pg')
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'organizer',
    max: 10,
    keepAlive: true,
    // A server that does not answer is an outage, whose visitors are told so and come back.
    connectionTimeoutMillis: 2000,
    query_timeout: 3000,
    // Ids and instants, which JavaScript's numbers hold.
    types: { getTypeParser: (type, format) => (type === bigint ? Number : pg.types.getTypeParser(type, format)) },
  } satisfies PoolConfig)
  // A connection that breaks while nobody uses it; whoever asks next gets another.
  pool.on('error', () => {})

  async function ask(sql: string, values: readonly Value[] = []) {
    try {
      return await pool.query(numbered(sql), [...values])
    } catch (error) {
      throw isOutage(error) ? new DatabaseDown(error) : error
    }
  }

  try {
    await migrate(pool)
  } catch (error) {
    await pool.end()
    if (error instanceof ConfigError) throw error
    throw notToBeHad(`Postgres at ${serverOf(url)}`, 'DATABASE_URL', error)
  }
  return {
    rows: async <Row>(sql: string, values?: readonly Value[]) => (await ask(sql, values)).rows as Row[],
    run: async (sql, values) => (await ask(sql, values)).rowCount ?? 0,
    close: () => pool.end(),
  }
}

/** No statement of ours has a question mark in a text. */
function numbered(sql: string): string {
  let count = 0
  return sql.replaceAll('?', () => `$${++count}`)
}

async function migrate(pool: Pool): Promise<void> {
  const client = await pool.connect()
  let fault: Error | undefined
  try {
    // One transaction, lock and all: it holds through a pooler too, and is gone with a server that dies half-way.
    await client.query(`BEGIN; SELECT pg_advisory_xact_lock(${migrating})`)
    await client.query('CREATE TABLE IF NOT EXISTS organizer_version (version INTEGER NOT NULL)')
    const { rows } = await client.query<{ version: number }>('SELECT version FROM organizer_version')
    const version = rows[0]?.version ?? 0
    if (version > migrations.length)
      throw new ConfigError('The database of DATABASE_URL was written by a newer version of Organizer.')
    for (const sql of migrations.slice(version)) await client.query(sql)
    await client.query('DELETE FROM organizer_version')
    await client.query(`INSERT INTO organizer_version VALUES (${migrations.length})`)
    await client.query('COMMIT')
  } catch (error) {
    fault = error as Error
    throw error
  } finally {
    client.release(fault) // with what it was in the middle of, which is undone
  }
}
