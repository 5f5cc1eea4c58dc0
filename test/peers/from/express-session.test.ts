import { createRequire } from 'node:module'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { RedisStore } from 'connect-redis'
import expressSession, { type Store } from 'express-session'
import pg from 'pg'
import { createClient } from 'redis'
import { vi } from 'vitest'
import { connectPgSimple, connectRedis, fromExpressSession } from '../../../src/from/express-session.ts'
import { describePostgres, startPostgres } from '../../support/servers/postgres.ts'
import { describeRedis, startRedis } from '../../support/servers/redis.ts'
import { maxAge, startExpress } from './express-apps.ts'
import { describeTakeover, type PeerServer } from './suite.ts'

const require = createRequire(import.meta.url)
const traits = { hasStore: true, hasTime: true, hasMessages: true }
const secrets = ['newer keyboard cat', 'keyboard cat']

/** Express with express-session. The reader has the application's own store, or another one on the same records. */
async function start(
  store: Store,
  readerStore: Parameters<typeof fromExpressSession>[0]['store'],
  { expire = () => passTime(), close = () => {} }: { expire?: () => unknown; close?: () => unknown } = {},
): Promise<PeerServer> {
  const options = { resave: false, saveUninitialized: false, cookie: { maxAge } }
  const app = await startExpress(expressSession({ secret: secrets.slice(1), store, ...options }))
  return {
    url: app.url,
    cookieName: 'connect.sid',
    reader: (given, secret) => fromExpressSession({ secret: secret ?? secrets, store: readerStore, ...given }),
    expire: async () => void (await expire()),
    async close() {
      await app.close()
      await close()
    },
  }
}

const passTime = () => void vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + maxAge + 1 })

describeTakeover('express-session in its MemoryStore', traits, async () => {
  const store = new expressSession.MemoryStore()
  return start(store, store)
})

describeTakeover('express-session in any store with promises', traits, async () => {
  const store = new expressSession.MemoryStore()
  return start(store, {
    get: promisify(store.get.bind(store)),
    destroy: promisify(store.destroy.bind(store)),
  })
})

describeTakeover('express-session in memorystore', traits, async () => {
  const MemoryStore = require('memorystore')(expressSession)
  const store = new MemoryStore({ noDisposeOnSet: true })
  return start(store, store)
})

describeTakeover('express-session in session-file-store', traits, async () => {
  const FileStore = require('session-file-store')(expressSession)
  const path = mkdtempSync(join(tmpdir(), 'sojourn-file-store-'))
  const store = new FileStore({ path, logFn() {}, reapInterval: -1 })
  return start(store, store, { close: () => rmSync(path, { recursive: true }) })
})

describeRedis.each(['its own object', 'the client of Redis'])('connect-redis, through %s', (way) => {
  describeTakeover('express-session in Redis', traits, async () => {
    const server = await startRedis()
    const client = createClient({ url: server.url })
    await client.connect()
    const store = new RedisStore({ client })
    return start(store, way === 'its own object' ? store : connectRedis(client), {
      expire: async () => Promise.all((await client.keys('sess:*')).map((key) => client.pExpireAt(key, 1))),
      async close() {
        client.destroy()
        await server.stop()
      },
    })
  })
})

describePostgres.each(['its own object', 'the pool'])('connect-pg-simple, through %s', (way) => {
  describeTakeover('express-session in Postgres', traits, async () => {
    const server = await startPostgres()
    const pool = new pg.Pool({ connectionString: server.url })
    // Its end does not wait for its connections, and the server reports to each of them that it stops.
    pool.on('error', () => {})
    pool.on('connect', (connection) => connection.on('error', () => {}))
    const PostgresStore = require('connect-pg-simple')(expressSession)
    const tableName = 'web "sessions"'
    const store = new PostgresStore({
      pool,
      tableName,
      createTableIfMissing: true,
      pruneSessionInterval: false,
    })
    return start(store, way === 'its own object' ? store : connectPgSimple(pool, { tableName, schemaName: 'public' }), {
      expire: () => pool.query(`UPDATE "web ""sessions""" SET expire = now() - interval '1 second'`),
      async close() {
        store.close()
        await pool.end()
        await server.stop()
      },
    })
  })
})
