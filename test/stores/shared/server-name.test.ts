import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Redis } from 'ioredis'
import pg from 'pg'
import postgres from 'postgres'
import { createClient, createCluster } from 'redis'
import { expect, it } from 'vitest'
import { postgresStore } from '../../../src/stores/postgres/store.ts'
import { redisStore } from '../../../src/stores/redis/store.ts'
import { openSqlite } from '../../../src/stores/sqlite/open.ts'
import { sqliteStore } from '../../../src/stores/sqlite/store.ts'
import { flaskSession } from '../../../src/flask/session-store.ts'

const redisUrl = 'redis://ada:s3cret@cache.example/3'
const postgresUrl = 'postgres://ada:s3cret@db.example:5433/shop'
const lazy = { lazyConnect: true, host: 'cache.example', password: 's3cret' }

it.each([
  [redisStore(redisUrl), 'Redis at cache.example:6379'],
  [redisStore('redis://[::1]:7000'), 'Redis at [::1]:7000'],
  [redisStore(createClient({ url: redisUrl })), 'Redis at cache.example:6379'],
  [redisStore(createClient({ socket: { path: '/run/redis.sock', tls: false } })), 'Redis'],
  [redisStore(createCluster({ rootNodes: [{ url: redisUrl }] })), 'Redis'],
  [redisStore(new Redis({ ...lazy, port: 7000 })), 'Redis at cache.example:7000'],
  [flaskSession(redisUrl).store, 'Redis at cache.example:6379'],
  [postgresStore(postgresUrl), 'Postgres at db.example:5433'],
  [postgresStore(new pg.Pool({ connectionString: postgresUrl })), 'Postgres at db.example:5433'],
  [postgresStore(new pg.Pool({ host: 'db.example', password: 's3cret' })), 'Postgres at db.example:5432'],
  [postgresStore(postgres(postgresUrl)), 'Postgres at db.example:5433'],
  [postgresStore({ query: async () => [] }), 'Postgres'],
])('a store has a name for messages, without a password', ({ name }, expected) => {
  expect(name).toBe(expected)
})

it('an SQLite store is named by its file', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'sojourn-name-')), 'sessions.db')
  const db = await openSqlite(file)
  expect(sqliteStore(db).name).toBe(`SQLite ${realpathSync(file)}`)
  db.close()
  rmSync(dirname(file), { recursive: true })
})
