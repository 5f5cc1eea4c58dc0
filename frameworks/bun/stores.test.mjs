// Bun's own clients of Redis and Postgres keep the contract of a store, and every promise in an outage.
import { RedisClient, SQL } from 'bun'
import { afterAll, beforeAll, describe, expect, it, setDefaultTimeout } from 'bun:test'
import { Database } from 'bun:sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { setTimeout as pause } from 'node:timers/promises'
import { createSessions, TooLate } from 'sojourn'
import { optionsFromEnv } from 'sojourn/env'
import { postgresStore } from 'sojourn/postgres'
import { redisStore } from 'sojourn/redis'
import { signedInAs, storeSuite } from 'sojourn/testing'
import { startPostgres } from '../../scripts/servers/postgres.mjs'
import { startRedis } from '../../scripts/servers/redis.mjs'
import { waitUntil } from '../../scripts/servers/wait-until.mjs'
import { storeTimeout } from '../fetch-app.mjs'
import { createLazyPool } from './node_modules/sojourn/dist/stores/postgres/open.js'
import { openRedis } from './node_modules/sojourn/dist/stores/redis/connection/open.js'
import { parseRedisUrl } from './node_modules/sojourn/dist/stores/redis/connection/parse-url.js'

setDefaultTimeout(60_000)
// A percent sign must be escaped in a URL, and is not by the setters of `URL`.
const password = 'not-to-be-shown-%41'
const secret = 'a key of 32 bytes or more, for tests only'
const suiteTable = 'suite'

/** Starts each database, and returns its clients and what the tests ask it. The first client gives up at once if it loses its connection. */
const databases = {
  async Redis() {
    const server = await startRedis({ password })
    const url = `redis://:${encodeURIComponent(password)}@127.0.0.1:${server.port}`
    const [client, other] = [new RedisClient(url, { maxRetries: 1 }), new RedisClient(url)]
    let opened = 0
    return {
      server,
      client,
      other,
      storeOf: (client, prefix) => redisStore(client, { prefix }),
      nameEmptyStore: async () => `suite-${opened++}:`,
      countListeners: async () => (await server.ask('CLIENT', 'LIST', 'TYPE', 'pubsub')).split('\n').length - 1,
      endListeners: () => server.ask('CLIENT', 'KILL', 'TYPE', 'pubsub'),
    }
  },
  async Postgres() {
    const server = await startPostgres()
    const [client, other] = [new SQL(server.url), new SQL(server.url)]
    const ofListeners = "FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
    for (const name of ['outages', suiteTable]) await postgresStore(client, { table: name }).createTable()
    return {
      server,
      client,
      other,
      storeOf: (client, table) => postgresStore(client, { table }),
      async nameEmptyStore() {
        for (const table of [suiteTable, `${suiteTable}_users`]) await client.unsafe(`DELETE FROM ${table}`)
        return suiteTable
      },
      countListeners: async () => (await other.unsafe(`SELECT pid ${ofListeners}`)).length,
      endListeners: () => other.unsafe(`SELECT pg_terminate_backend(pid) ${ofListeners}`),
    }
  },
}

describe.each(Object.keys(databases))("Bun's client of %s", (name) => {
  let database
  let store
  let storeElsewhere
  beforeAll(async () => {
    database = await databases[name]()
    store = database.storeOf(database.client, 'outages')
    storeElsewhere = database.storeOf(database.other, 'outages')
  })
  afterAll(async () => {
    for (const each of [store, storeElsewhere]) await each.close()
    for (const each of [database.client, database.other]) await each.close()
    await database.server.stop()
  })

  const open = async () => {
    const { client, other, storeOf, nameEmptyStore } = database
    const name = await nameEmptyStore()
    return { store: storeOf(client, name), another: () => storeOf(other, name), expiresByItself: false }
  }
  for (const [check, run] of storeSuite(open, { rounds: 5 })) it(check, run)

  const key = { id: 'canary', userId: 'ada' }
  const works = (each) =>
    each.read(key).then(
      () => true,
      () => false,
    )

  it('passes on notices, reports a lost connection, and closes it at the end', async () => {
    const notices = []
    const lost = []
    const stop = store.watch(
      (notice) => notices.push(notice?.ended ?? notice),
      () => lost.push('lost'),
    )
    await waitUntil(async () => notices.includes(null) && (await database.countListeners()) === 1, 'does not listen')
    const sessions = createSessions({ secrets: [secret], store: storeElsewhere, storeTimeout })
    await signedInAs(sessions, 'ada')
    await sessions.revokeAll('ada')
    await waitUntil(async () => notices.includes('revoked'), 'there was no notice')
    expect(lost).toEqual([])

    const begin = performance.now()
    await database.endListeners()
    await waitUntil(async () => lost.length === 1, 'the loss was not reported')
    expect(performance.now() - begin).toBeLessThan(10_000)
    await waitUntil(async () => (await database.countListeners()) === 1, 'does not listen again')
    stop()
    await waitUntil(async () => (await database.countListeners()) === 0, 'still listens')
  })

  it('answers in time while the server is frozen, and a late write does nothing', async () => {
    const sessions = createSessions({ secrets: [secret], store, storeTimeout })
    const Cookie = await signedInAs(sessions, 'ada')
    const session = await sessions.open(Cookie)
    await database.server.freeze()
    const begin = performance.now()
    expect((await sessions.open(Cookie)).outcome).toBe('unavailable')
    expect(performance.now() - begin).toBeLessThan(10_000)
    session.data = { late: true }
    const saving = sessions.commit(session).catch((error) => error)
    const ending = { ended: 'revoked', endedAt: Date.now(), expiresAt: Date.now() + 60_000 }
    const end = store.end({ id: session.id, userId: 'ada' }, ending, Date.now() + 100).catch((error) => error)
    expect((await saving).code).toBe('ERR_SESSION_UNAVAILABLE')
    await pause(300)
    await database.server.thaw()
    expect(await end).toBeInstanceOf(TooLate)
    await waitUntil(async () => (await sessions.open(Cookie)).outcome === 'active', 'does not answer again')
    expect((await sessions.open(Cookie)).data).toEqual({})
  })

  it('shows no secret while the server is down, and works again after it', async () => {
    await database.server.kill()
    await waitUntil(async () => !(await works(store)), 'still answers')
    const error = await store.read(key).catch((reason) => reason)
    expect(error).toBeInstanceOf(Error)
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/canary|not-to-be-shown/)
    await database.server.restart()
    for (const each of [store, storeElsewhere]) await waitUntil(() => works(each), 'does not work again')
  })
})

/** Finds no package but Bun's own module. */
async function loadOnlyBun(name) {
  if (name === 'bun') return import(name)
  throw Object.assign(new Error(`There is no ${name}`), { code: 'ERR_MODULE_NOT_FOUND' })
}

describe('without any package of a client', () => {
  it('the URL of a Redis is opened by Bun', async () => {
    const server = await startRedis({ password })
    const url = `redis://:${encodeURIComponent(password)}@127.0.0.1:${server.port}/3`
    const { connection, ready, close } = await openRedis(parseRedisUrl(url), loadOnlyBun)
    await ready
    await server.ask('SELECT', '3')
    await server.ask('HSET', 'key', 'field', 'in database 3')
    expect(await connection.readField('key', 'field')).toBe('in database 3')
    await close()
    await server.stop()
  })

  it('SESSION_TYPE=sqlite is opened by Bun', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sojourn-bun-'))
    const options = await optionsFromEnv({ SESSION_TYPE: 'sqlite', DATA_DIR: folder, SECRET_KEY: secret })
    const sessions = createSessions(options)
    expect((await sessions.open(await signedInAs(sessions, 'ada'))).userId).toBe('ada')
    const database = new Database(join(folder, 'sessions.db'))
    expect(database.query('SELECT count(*) AS count FROM sojourn_sessions').get()).toEqual({ count: 1 })
    database.close()
    await options.close()
    rmSync(folder, { recursive: true })
  })

  it('the URL of a Postgres is opened by Bun', async () => {
    const server = await startPostgres()
    const { runOnce, close } = createLazyPool(server.url, loadOnlyBun)
    expect(await runOnce(`SELECT '"here"' AS result`)).toEqual(['here'])
    await close()
    await server.stop()
  })
})
