import { RedisStore } from 'connect-redis'
import connectPgSimple from 'connect-pg-simple'
import expressSession, { type Store } from 'express-session'
import createMemoryStore from 'memorystore'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { createClient } from 'redis'
import createFileStore from 'session-file-store'
import { describe } from 'vitest'
import { describePostgres, startPostgres } from '../../../support/servers/postgres.ts'
import { describeRedis, startRedis } from '../../../support/servers/redis.ts'

/** A store of another library, and how to close what it needs. */
export interface OpenedStore {
  readonly store: Store
  close(): Promise<void> | void
}

/** The stores of other libraries, and what groups their tests: some need a server. */
export const stores: readonly (readonly [string, typeof describe.skip, () => Promise<OpenedStore> | OpenedStore])[] = [
  ['MemoryStore of express-session', describe, () => ({ store: new expressSession.MemoryStore(), close() {} })],
  ['memorystore', describe, openMemoryStore],
  ['session-file-store', describe, openFileStore],
  ['connect-redis', describeRedis, openRedisStore],
  ['connect-pg-simple', describePostgres, openPostgresStore],
]

function openMemoryStore(): OpenedStore {
  const MemoryStore = createMemoryStore(expressSession)
  return { store: new MemoryStore({}), close() {} }
}

function openFileStore(): OpenedStore {
  const FileStore = createFileStore(expressSession)
  const path = mkdtempSync(join(tmpdir(), 'sojourn-sessions-'))
  const store = new FileStore({ path, retries: 0, reapInterval: -1, logFn() {} })
  return { store, close: () => rmSync(path, { recursive: true }) }
}

async function openRedisStore(): Promise<OpenedStore> {
  const server = await startRedis()
  const client = await createClient({ url: server.url }).connect()
  return {
    store: new RedisStore({ client }),
    async close() {
      client.destroy()
      await server.stop()
    },
  }
}

async function openPostgresStore(): Promise<OpenedStore> {
  const server = await startPostgres()
  const pool = new pg.Pool({ connectionString: server.url })
  // A connection that is about to close reports that the server stops.
  pool.on('error', () => {})
  const PgStore = connectPgSimple(expressSession)
  const store = new PgStore({ pool, createTableIfMissing: true, pruneSessionInterval: false })
  return {
    store,
    async close() {
      await store.close()
      await pool.end()
      await server.stop()
    },
  }
}
