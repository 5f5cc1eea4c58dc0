import { statSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { connectIoRedis, connectNodeRedis } from '../redis-clients.mjs'
import { createExpressStore, createSojournStore } from './adapters.mjs'

/**
 * The folder and servers that the stores of one run use.
 *
 * @typedef {object} Places
 * @property {string} folder for files of one store
 * @property {string} redisUrl of a database of one store
 * @property {() => Promise<number>} readRedisMemory
 * @property {string} postgresUrl of a database of one store
 */

/** @typedef {{ name: string, open: (places: Places) => Promise<import('./adapters.mjs').MeasuredStore> }} Contender */

const sqliteDrivers = isBuiltin('node:sqlite') ? ['node:sqlite', 'libsql'] : ['libsql']

/** @type {readonly Contender[]} */
export const contenders = [
  { name: 'Sojourn, memory', open: openMemory },
  { name: 'express-session, memory', open: openExpressMemory },
  ...sqliteDrivers.map((driver) => ({
    name: `Sojourn, SQLite, ${driver}`,
    open: (places) => openSqlite(driver, places),
  })),
  { name: 'Sojourn, Redis, node-redis', open: (places) => openRedis(connectNodeRedis, places) },
  { name: 'Sojourn, Redis, ioredis', open: (places) => openRedis(connectIoRedis, places) },
  { name: 'connect-redis', open: openConnectRedis },
  { name: 'Sojourn, Postgres, pg', open: openPostgres },
  { name: 'connect-pg-simple', open: openConnectPg },
]

function readHeap() {
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

async function openMemory() {
  const { memoryStore } = await import('sojourn/memory')
  return createSojournStore(memoryStore({ max: 10_000_000 }), { readBytes: readHeap })
}

async function openExpressMemory() {
  const { default: session } = await import('express-session')
  return createExpressStore(new session.MemoryStore(), { readBytes: readHeap })
}

async function openSqlite(driver, { folder }) {
  const { sqliteStore } = await import('sojourn/sqlite')
  const Database = driver === 'libsql' ? (await import('libsql')).default : (await import('node:sqlite')).DatabaseSync
  const db = new Database(join(folder, 'sessions.db'))
  return createSojournStore(sqliteStore(db), {
    readBytes() {
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      return statSync(join(folder, 'sessions.db')).size
    },
    close: () => db.close(),
  })
}

async function openRedis(connect, { redisUrl, readRedisMemory }) {
  const { redisStore } = await import('sojourn/redis')
  const client = await connect(redisUrl)
  return createSojournStore(redisStore(client), { readBytes: readRedisMemory, close: () => client.quit() })
}

async function openConnectRedis({ redisUrl, readRedisMemory }) {
  const { RedisStore } = await import('connect-redis')
  const client = await connectNodeRedis(redisUrl)
  return createExpressStore(new RedisStore({ client }), { readBytes: readRedisMemory, close: () => client.quit() })
}

async function openPostgres({ postgresUrl }) {
  const { postgresStore } = await import('sojourn/postgres')
  const { pool, ...rest } = await connectPostgres(postgresUrl)
  const store = postgresStore(pool)
  await store.createTable()
  return createSojournStore(store, rest)
}

async function openConnectPg({ postgresUrl }) {
  const { default: session } = await import('express-session')
  const { default: connectPgSimple } = await import('connect-pg-simple')
  const { pool, ...rest } = await connectPostgres(postgresUrl)
  const Store = connectPgSimple(session)
  const store = createExpressStore(new Store({ pool, createTableIfMissing: true, pruneSessionInterval: false }), rest)
  await store.read('none') // the first use creates the table
  return store
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
    close: () => pool.end(),
  }
}
