import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { postgresStore, type PostgresClient, type PostgresStore } from '../../../src/stores/postgres/store.ts'
import { addRecord, endRecord, newRecord, sampleEnding } from '../../../src/testing/store-suite/kit.ts'
import { describePostgres, startPostgres, type PostgresServer } from '../../support/servers/postgres.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import {
  atOnce,
  endInSilence,
  inTime,
  lateness,
  latenessAfter,
  renewBy,
  serverOn,
  untilListening,
  untilFired,
  watchedOn,
  type Watched,
  tries,
} from '../../support/watching.ts'

describePostgres('the end of a session that another server watches, in Postgres', tries, () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
    const store = postgresStore(server.url)
    await store.createTable()
    await store.close()
  })
  afterAll(() => server.stop())

  const closing: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0)) await close()
  })

  function newPool(config: pg.PoolConfig = {}): pg.Pool {
    const pool = new pg.Pool({ connectionString: server.url, ...config })
    pool.on('error', () => {})
    closing.push(() => pool.end())
    return pool
  }

  const stores: Record<string, () => PostgresStore> = {
    pg: () => postgresStore(newPool()),
    'pg with one connection': () => postgresStore(newPool({ max: 1 })),
    'postgres.js'() {
      // Its own pauses before it connects again are longer than what is measured here.
      const sql = postgres(server.url, { max: 2, onnotice() {}, backoff: () => 0.1 })
      closing.push(() => sql.end({ timeout: 5 }))
      return postgresStore(sql)
    },
    'a URL'() {
      const store = postgresStore(server.url)
      closing.push(() => store.close())
      return store
    },
  }

  async function listeners(): Promise<number> {
    const asking = new pg.Client(server.url)
    await asking.connect()
    const { rows } = await asking.query(
      `SELECT count(*)::int AS count FROM pg_stat_activity WHERE query ILIKE 'LISTEN%' AND pid <> pg_backend_pid()`,
    )
    await asking.end()
    return rows[0].count
  }

  /** Breaks the connections that listen, as an administrator does. */
  async function breakListeners(): Promise<void> {
    const asking = new pg.Client(server.url)
    await asking.connect()
    await asking.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'LISTEN%'`)
    await asking.end()
  }

  describe.each(Object.entries(stores))('by %s', (name, open) => {
    it('is known at once, and no connection is left behind', async () => {
      const [here, there] = [serverOn(open()), serverOn(open())]
      const watched = await Promise.all([1, 2, 3, 4].map(() => watchedOn(here)))
      const [first, second, third, fourth] = watched as [Watched, Watched, Watched, Watched]
      await untilListening()
      expect(await listeners()).toBe(1)
      await there.revoke(first.userId, first.session.id!)
      expect(await lateness(first)).toBeLessThan(atOnce)
      expect(first.signal.reason).toBe('revoked')
      await there.revokeAll(second.userId)
      expect(await lateness(second)).toBeLessThan(atOnce)
      expect(await latenessAfter(third.signal, () => renewBy(there, third))).toBeLessThan(atOnce)
      expect(third.signal.reason).toBe('renewed')
      expect(fourth.signal.aborted).toBe(false)
      fourth.leave()
      // postgres.js keeps the one it has made for it, and listens to nothing.
      if (name !== 'postgres.js') await expect.poll(listeners, { timeout: 3000 }).toBe(0)
    })

    if (name === 'a URL' || name === 'pg with one connection') return

    it('is known in time when the connection that listens was broken, and at once when there is another', async () => {
      const [here, there] = [serverOn(open()), serverOn(open())]
      const [first, second] = [await watchedOn(here), await watchedOn(here)]
      await untilListening()
      await breakListeners()
      await there.revoke(first.userId, first.session.id!)
      expect(await lateness(first)).toBeLessThan(inTime)
      await expect.poll(listeners, { timeout: 10_000 }).toBeGreaterThan(0)
      await untilListening()
      await there.revoke(second.userId, second.session.id!)
      expect(await lateness(second)).toBeLessThan(atOnce)
    })

    it('is known in time once Postgres is back', async () => {
      const [here, there] = [serverOn(open()), serverOn(open())]
      const [first, second, third] = [await watchedOn(here), await watchedOn(here), await watchedOn(here)]
      await untilListening()
      await server.kill()
      await pause(300)
      await server.restart()
      const asking = new pg.Client(server.url)
      await asking.connect()
      // A server of an older version does this, and notifies nobody.
      await asking.query('DELETE FROM sojourn_sessions WHERE id = $1', [first.session.id])
      await asking.end()
      await untilFired(first.signal, 5000)
      expect(first.signal.reason).toBe('ended')
      await expect.poll(() => there.revoke(second.userId, second.session.id!).catch(() => null)).not.toBe(null)
      expect(await lateness(second)).toBeLessThan(2500)
      await expect.poll(listeners, { timeout: 10_000 }).toBe(1)
      third.leave()
    })
  })

  it('is known in time where the connection that listens dies without a word', async () => {
    const proxy = await startTcpProxy(Number(new URL(server.url).port))
    const pool = newPool()
    const url = new URL(server.url)
    url.port = String(proxy.port)
    // The one that listens goes another way than the others.
    class Client extends pg.Client {
      constructor() {
        super(url.href)
      }
    }
    const client = { query: (...asked: [string]) => pool.query(...asked), Client, options: {} }
    const [here, there] = [serverOn(postgresStore(client)), serverOn(postgresStore(newPool()))]
    await endInSilence(here, there, proxy)
    await proxy.stop()
  })

  it('is known in time if no notification gets through, as behind a pooler in transaction mode', async () => {
    const pool = newPool()
    const deaf = { query: (...args: [any]) => pool.query(...args), listen: async () => async () => {} }
    const [here, there] = [serverOn(postgresStore(deaf)), serverOn(postgresStore(newPool()))]
    const watched = await watchedOn(here)
    await untilListening()
    await there.revoke(watched.userId, watched.session.id!)
    expect(await lateness(watched)).toBeLessThan(inTime)
  })

  it('is one all the same for a role that may not notify', async () => {
    const pool = newPool()
    await pool.query(`CREATE ROLE quiet LOGIN PASSWORD 'quiet'`)
    await pool.query('GRANT SELECT, INSERT, UPDATE, DELETE ON sojourn_sessions, sojourn_sessions_users TO quiet')
    await pool.query('REVOKE EXECUTE ON FUNCTION pg_notify(text, text) FROM PUBLIC')
    const url = new URL(server.url)
    ;[url.username, url.password] = ['quiet', 'quiet']
    const quiet = postgresStore(newPool({ connectionString: url.href }))
    const record = await addRecord(quiet)
    expect(await quiet.end(record, sampleEnding, Date.now() + 9000)).toBe(true)
    expect(await quiet.end(record, sampleEnding, Date.now() + 9000)).toBe(false)
    expect(await quiet.read(record)).toEqual(sampleEnding)
    const [watched, renewed] = [await watchedOn(serverOn(quiet)), await watchedOn(serverOn(quiet))]
    await serverOn(quiet, { storeTimeout: 5 }).revoke(watched.userId, watched.session.id!)
    expect(await lateness(watched)).toBeLessThan(inTime)
    expect(await latenessAfter(renewed.signal, () => renewBy(serverOn(quiet), renewed))).toBeLessThan(inTime)
    expect(renewed.signal.reason).toBe('renewed')
  })

  it('is notified by a pool that is ended right after', async () => {
    const pool = new pg.Pool({ connectionString: server.url, max: 1 })
    const here = serverOn(postgresStore(newPool()))
    const [first, second] = [await watchedOn(here), await watchedOn(here)]
    await untilListening()
    await serverOn(postgresStore(pool)).revoke(first.userId, first.session.id!)
    await pool.end()
    expect(await lateness(first)).toBeLessThan(atOnce)
    const store = postgresStore(server.url)
    await serverOn(store, { storeTimeout: 5 }).revoke(second.userId, second.session.id!)
    await store.close()
    expect(await lateness(second)).toBeLessThan(atOnce)
  })

  it('is notified by few statements if many end at once', async () => {
    const [pool, payloads] = [newPool(), [] as string[]]
    const query = async (text: string, values?: unknown[]) => {
      if (text.includes('pg_notify')) payloads.push(String(values))
      return pool.query(text, values)
    }
    const store = postgresStore({ query })
    const records = await Promise.all(Array.from({ length: 60 }, () => addRecord(store)))
    await Promise.all(records.map((record) => endRecord(store, record)))
    await store.close()
    for (const { id } of records) expect(payloads.filter((texts) => texts.includes(`"${id}\\"`))).toHaveLength(1)
    expect(payloads.length).toBeLessThan(50)
    expect(await store.end(records[0]!, sampleEnding)).toBe(false)
    await store.close()
    // A second end notifies again, because the first answer may have been lost.
    expect(payloads.filter((texts) => texts.includes(`"${records[0]!.id}\\"`))).toHaveLength(2)
  })

  it('is notified by few and short messages if one call ends many sessions', async () => {
    const pool = newPool()
    const here = postgresStore(pool)
    const there = postgresStore(newPool())
    const notices: unknown[] = []
    const stop = here.watch!((notice) => void (notice !== null && notices.push(notice)))
    await untilListening()
    const listener = new pg.Client(server.url)
    await listener.connect()
    const lengths: number[] = []
    listener.on('notification', ({ payload }) => lengths.push(payload!.length))
    await listener.query('LISTEN sojourn_ended')

    const userId = 'many'
    const records = await Promise.all(
      Array.from({ length: 600 }, (_, at) => addRecord(there, { userId, id: `${at}`.padStart(128, 'x') })),
    )
    const ending = { ...sampleEnding, ended: 'revoked' } as const
    expect((await there.endAll(userId, ending)).ended).toHaveLength(600)
    await addRecord(there, { userId })
    await there.create(newRecord({ userId }), { limit: { max: 1, ending: { ...ending, ended: 'limit' } } })
    await there.close()

    await expect.poll(() => notices.length, { timeout: 2000 }).toBe(601)
    const noticeOf = (id: string) => ({ id, isGuest: false, ended: 'revoked' })
    expect(new Set(notices.slice(0, 600).map((each) => JSON.stringify(each)))).toEqual(
      new Set(records.map(({ id }) => JSON.stringify(noticeOf(id)))),
    )
    expect(notices.at(-1)).toMatchObject({ isGuest: false, ended: 'limit' })
    expect(lengths.length).toBeLessThanOrEqual(12)
    expect(Math.max(...lengths)).toBeLessThan(8000)
    stop()
    await listener.end()
  })

  it('is notified by postgres.js also if it could not listen at first', async () => {
    const sql = postgres(server.url, { onnotice() {} })
    closing.push(() => sql.end({ timeout: 5 }))
    const refused = Promise.reject(new Error('cannot execute LISTEN during recovery'))
    refused.catch(() => {})
    Object.assign(sql.listen, { channels: { sojourn_ended: { result: refused, listeners: [] } } })
    const [here, there] = [serverOn(postgresStore(sql)), serverOn(postgresStore(newPool()))]
    const watched = await watchedOn(here)
    await expect.poll(listeners, { timeout: 10_000 }).toBeGreaterThan(0)
    await untilListening()
    await there.revoke(watched.userId, watched.session.id!)
    expect(await lateness(watched)).toBeLessThan(atOnce)
  })

  it('is polled for by a client that cannot listen', () => {
    const pool = newPool()
    const plain: PostgresClient = { query: (text, values) => pool.query(text, values) }
    expect('watch' in postgresStore(plain)).toBe(false)
    expect('watch' in postgresStore(pool)).toBe(true)
  })
})
