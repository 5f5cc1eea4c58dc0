import { statSync } from 'node:fs'
import { join } from 'node:path'
import { connectNodeRedis } from '../redis/subjects.mjs'
import { importSojourn } from '../sojourn.mjs'
import { measureExpressStore } from './express-store.mjs'
import { measureSojourn } from './sojourn-store.mjs'

/**
 * Stores. The settings have a place for one of them: `folder`, `redisUrl` or `postgresUrl`. `database` says which it needs.
 */
export const subjects = [
  {
    row: 'Sojourn, SQLite, node:sqlite',
    database: 'SQLite',
    isOurs: true,
    minNode: 22,
    onEachNode: true,
    start: startNodeSqlite,
  },
  { row: 'Sojourn, SQLite, libsql', database: 'SQLite', isOurs: true, start: startLibsql },
  ...['Redis', 'Valkey'].flatMap((database) => [
    { row: `Sojourn, ${database}`, database, isOurs: true, start: startRedis },
    { row: `connect-redis, ${database}`, database, start: startConnectRedis },
  ]),
  { row: 'Sojourn, Postgres', database: 'Postgres', isOurs: true, start: startPostgres },
  { row: 'connect-pg-simple, Postgres', database: 'Postgres', start: startConnectPg },
]

async function startNodeSqlite({ folder }) {
  const { DatabaseSync } = await import('node:sqlite')
  return startSqlite(new DatabaseSync(join(folder, 'sessions.db')), folder)
}

async function startLibsql({ folder }) {
  const { default: Database } = await import('libsql')
  return startSqlite(new Database(join(folder, 'sessions.db')), folder)
}

async function startSqlite(db, folder) {
  const { sqliteStore } = await importSojourn('sojourn/sqlite')
  return measureSojourn(sqliteStore(db), {
    readBytes() {
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      return statSync(join(folder, 'sessions.db')).size
    },
  })
}

async function startRedis({ redisUrl }) {
  const { redisStore } = await importSojourn('sojourn/redis')
  return measureSojourn(redisStore(await connectNodeRedis(redisUrl)))
}

async function startConnectRedis({ redisUrl }) {
  const { RedisStore } = await import('connect-redis')
  return measureExpressStore(new RedisStore({ client: await connectNodeRedis(redisUrl) }))
}

async function startPostgres({ postgresUrl }) {
  const { postgresStore } = await importSojourn('sojourn/postgres')
  const { pool, readBytes } = await connectPostgres(postgresUrl)
  const store = postgresStore(pool)
  await store.createTable()
  return measureSojourn(store, { readBytes })
}

async function startConnectPg({ postgresUrl }) {
  const { default: session } = await import('express-session')
  const { default: connectPgSimple } = await import('connect-pg-simple')
  const { pool, readBytes } = await connectPostgres(postgresUrl)
  const Store = connectPgSimple(session)
  const store = new Store({ pool, createTableIfMissing: true, pruneSessionInterval: false })
  await new Promise((resolve) => store.get('none', resolve)) // the first use creates the table
  return measureExpressStore(store, { readBytes })
}

async function connectPostgres(url) {
  const { default: pg } = await import('pg')
  const pool = new pg.Pool({ connectionString: url })
  return {
    pool,
    async readBytes() {
      const { rows } = await pool.query('SELECT pg_database_size(current_database()) AS bytes')
      return Number(rows[0].bytes)
    },
  }
}
