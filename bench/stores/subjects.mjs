import { connectNodeRedis } from '../redis/subjects.mjs'
import { isOurs } from '../run/subjects.mjs'
import { importSojourn } from '../sojourn.mjs'
import { measureExpressStore } from './express-store.mjs'
import { measureSojournStore } from './sojourn-store.mjs'

/** Stores of Sojourn and of express-session. Each gets a place of its own: a URL, or the path of an SQLite file. */
const stores = [
  { row: 'Sojourn, SQLite, node:sqlite', database: 'SQLite', minNode: 22, onEachNode: true, open: openNodeSqlite },
  { row: 'Sojourn, SQLite, libsql', database: 'SQLite', open: openLibsql },
  { row: 'Sojourn, Redis', database: 'Redis', open: openRedis },
  { row: 'connect-redis, Redis', database: 'Redis', open: openConnectRedis },
  { row: 'Sojourn, Valkey', database: 'Valkey', open: openRedis },
  { row: 'connect-redis, Valkey', database: 'Valkey', open: openConnectRedis },
  { row: 'Sojourn, Postgres', database: 'Postgres', open: openPostgres },
  { row: 'connect-pg-simple, Postgres', database: 'Postgres', open: openConnectPg },
]

export const subjects = stores.map(({ open, ...store }) => ({
  ...store,
  than: `Sojourn, ${store.database}`,
  start: async ({ place }) => (isOurs(store) ? measureSojournStore : measureExpressStore)(await open(place)),
}))

async function openNodeSqlite(path) {
  const { DatabaseSync } = await import('node:sqlite')
  return openSqlite(new DatabaseSync(path))
}

async function openLibsql(path) {
  const { default: Database } = await import('libsql')
  return openSqlite(new Database(path))
}

async function openSqlite(db) {
  const { sqliteStore } = await importSojourn('sojourn/sqlite')
  return sqliteStore(db)
}

async function openRedis(url) {
  const { redisStore } = await importSojourn('sojourn/redis')
  return redisStore(await connectNodeRedis(url))
}

async function openConnectRedis(url) {
  const { RedisStore } = await import('connect-redis')
  return new RedisStore({ client: await connectNodeRedis(url) })
}

async function openPostgres(url) {
  const { postgresStore } = await importSojourn('sojourn/postgres')
  const store = postgresStore(await connectPostgres(url))
  await store.createTable()
  return store
}

async function openConnectPg(url) {
  const { default: session } = await import('express-session')
  const { default: connectPgSimple } = await import('connect-pg-simple')
  const Store = connectPgSimple(session)
  const pool = await connectPostgres(url)
  const store = new Store({ pool, createTableIfMissing: true, pruneSessionInterval: false })
  await new Promise((resolve) => store.get('none', resolve)) // the first use creates the table
  return store
}

async function connectPostgres(url) {
  const { default: pg } = await import('pg')
  return new pg.Pool({ connectionString: url })
}
