import pg from 'pg'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { postgresStore, type PostgresClient, type PostgresStore } from '../../../src/stores/postgres/store.ts'
import {
  addRecord,
  endRecord,
  sampleEnding,
  assertRecord,
  assertEnding,
  readRecord,
  tomorrow,
  createChange,
  runConcurrently,
  newRecord,
  createDataChange,
} from '../../../src/testing/store-suite/kit.ts'
import { describePostgres, startPostgres, type PostgresServer } from '../../support/servers/postgres.ts'

describePostgres('the database of postgresStore', () => {
  let server: PostgresServer
  let pool: pg.Pool
  let store: PostgresStore
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())

  const closing: (() => Promise<void>)[] = []
  /** A pool of its own, as another server has it. It is small, because each connection compiles the functions. */
  function newPool(config: pg.PoolConfig = {}): pg.Pool {
    const made = new pg.Pool({ connectionString: server.url, max: 5, ...config })
    closing.push(() => made.end())
    return made
  }

  beforeEach(async () => {
    pool = newPool()
    await pool.query('DROP SCHEMA public CASCADE')
    await pool.query('CREATE SCHEMA public')
    store = postgresStore(pool)
    await store.createTable()
  })
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()))
  })

  // The condition on the version is part of the update itself. As a subquery, `WHERE id = (SELECT id … AND version = $3)`,
  // it would be asked before the wait for the row and not again, and some of these would be lost.
  it('loses none of a hundred increments at once by two servers', async () => {
    const record = await addRecord(store, { data: { count: '0' } })
    const stores = [store, postgresStore(newPool())]
    await runConcurrently(100, async (at) => {
      for (;;) {
        const held = await readRecord(stores[at % 2]!, record)
        const count = `${Number(held.data['count']) + 1}`
        if ((await stores[at % 2]!.update(record, held, createDataChange('count', count))) !== null) return
      }
    })
    expect(await readRecord(store, record)).toMatchObject({ version: 100, data: { count: '100' } })
  })

  it.each(['repeatable read', 'serializable'])('may make transactions %s', async (level) => {
    const strict = newPool({ options: `-c default_transaction_isolation=${level.replace(' ', '\\ ')}` })
    expect((await strict.query('SHOW transaction_isolation')).rows).toEqual([{ transaction_isolation: level }])
    const one = postgresStore(strict)
    const record = await addRecord(one)
    const versions = await runConcurrently(8, (at) =>
      one.update(record, { secretHash: record.secretHash }, createDataChange(`key-${at}`, '1')),
    )
    expect(versions.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  const strictStore = (level: string) =>
    postgresStore(newPool({ options: `-c default_transaction_isolation=${level.replace(' ', '\\ ')}` }))

  // A stale snapshot would not see what another transaction has committed while this one waited for the user's lock.
  it.each([
    ['read committed', 'read committed'],
    ['repeatable read', 'repeatable read'],
    ['serializable', 'serializable'],
    ['repeatable read', 'read committed'],
    ['read committed', 'serializable'],
  ])(
    'lets no sign-in survive an endAll beside it: %s and %s',
    async (first, second) => {
      const [one, other] = [strictStore(first), strictStore(second)]
      await runConcurrently(10, async (at) => {
        for (let round = 0; round < 5; round++) {
          const userId = `user-${at}-${round}`
          const opened = { openedAt: performance.now() - 60_000 }
          await Promise.all([
            one.create(newRecord({ userId }), opened),
            other.endAll(userId, sampleEnding),
            other.create(newRecord({ userId }), opened),
            one.create(newRecord({ userId }), opened),
          ])
          expect(await store.list(userId)).toEqual([])
        }
      })
    },
    60_000,
  )

  it.each(['read committed', 'repeatable read', 'serializable'])(
    'leaves exactly as many sessions as the limit allows, and one of two that end each other: %s',
    async (level) => {
      const stores = [strictStore(level), strictStore(level)]
      const limit = { max: 7, ending: { ...sampleEnding, ended: 'limit' } } as const
      const results = await runConcurrently(100, (at) => stores[at % 2]!.create(newRecord(), { limit }))
      expect(await store.list('ada')).toHaveLength(7)
      expect(results.flatMap(({ ended }) => ended)).toHaveLength(93)
      const refusing = { max: 7, ending: null }
      const refused = await runConcurrently(50, (at) =>
        stores[at % 2]!.create(newRecord({ userId: 'eve' }), { limit: refusing }),
      )
      expect(refused.filter(({ result }) => result === 'created')).toHaveLength(7)
      expect(await store.list('eve')).toHaveLength(7)

      for (let round = 0; round < 10; round++) {
        const userId = `user-${round}`
        const records = [await addRecord(stores[0]!, { userId }), await addRecord(stores[1]!, { userId })]
        const done = await runConcurrently(2, (at) => stores[at]!.endAll(userId, sampleEnding, records[at]))
        expect(done.filter(({ isDone }) => isDone)).toHaveLength(1)
        expect((await store.list(userId)).map(({ id }) => id)).toEqual([records[done[0]!.isDone ? 0 : 1]!.id])
      }
    },
    60_000,
  )

  it('keeps a user’s row only as long as it may matter', async () => {
    await addRecord(store, { expiresAt: 1000 })
    await store.endAll('eve', { ...sampleEnding, expiresAt: 1000 })
    const users = async () => (await pool.query('SELECT user_id FROM sojourn_sessions_users ORDER BY 1')).rows
    expect(await users()).toEqual([{ user_id: 'ada' }, { user_id: 'eve' }])
    expect(await store.sweep(2000)).toBe(2)
    expect(await users()).toEqual([])
  })

  it('lists by an index, reads by its key, and sweeps by an index', async () => {
    await pool.query(`INSERT INTO sojourn_sessions (id, user_id, secret_hash, version, created_at, last_seen_at,
        expires_at, remember, data)
      SELECT 'id-' || i, 'user-' || i % 2000, 'hash', 0, 0, 0, ${tomorrow} + i, true, '{}' FROM generate_series(1, 20000) i`)
    await pool.query(`INSERT INTO sojourn_sessions_users (key, user_id, expires_at)
      SELECT sha256(user_id::bytea), user_id, ${tomorrow} * 2 FROM sojourn_sessions GROUP BY user_id`)
    await pool.query('ANALYZE sojourn_sessions, sojourn_sessions_users')
    // Postgres counts the scans of a transaction, also those of functions.
    const single = await newPool({ max: 1 }).connect()
    const asking: PostgresClient = { query: (text: string, values: unknown[]) => single.query(text, values) }
    const one = postgresStore(asking)
    const key = { id: 'id-7', userId: 'user-7' }
    const limit = { max: 3, ending: sampleEnding }
    const until = Date.now() + 9000
    await single.query('BEGIN')
    expect(await one.list('user-7')).toHaveLength(10)
    await one.read(key)
    await one.update(key, { secretHash: 'hash' }, createChange(), until)
    await one.end(key, sampleEnding, until)
    await one.create(newRecord({ userId: 'user-8' }), { openedAt: performance.now() - 5, limit }, until)
    expect((await one.endAll('user-9', sampleEnding, null, until)).ended).toHaveLength(10)
    expect(await one.sweep(tomorrow + 100)).toBeGreaterThan(80)
    const { rows } = await single.query(
      `SELECT relname, seq_scan::int FROM pg_stat_xact_user_tables WHERE seq_scan > 0 OR idx_scan > 0 ORDER BY 1`,
    )
    await single.query('ROLLBACK')
    single.release()
    expect(rows).toEqual([
      { relname: 'sojourn_sessions', seq_scan: 0 },
      { relname: 'sojourn_sessions_users', seq_scan: 0 },
    ])
  })

  it('sweeps in steps, by several servers at once, and waits for nobody', async () => {
    const old = await runConcurrently(1200, () => addRecord(store, { expiresAt: 1000 }))
    const held = await pool.connect()
    await held.query('BEGIN')
    await held.query('SELECT FROM sojourn_sessions WHERE id = $1 FOR UPDATE', [old[0]!.id])

    const steps: number[] = []
    await runConcurrently(3, async () => {
      for (let removed = 1; removed > 0; steps.push(removed)) removed = await store.sweep(2000)
    })
    await held.query('ROLLBACK')
    held.release()

    expect(Math.max(...steps)).toBe(500)
    expect(steps.reduce((sum, count) => sum + count)).toBe(1199)
    expect(await store.sweep(2000)).toBe(1)
  })

  it('can be asked in SQL whose sessions there are and what is in them', async () => {
    await addRecord(store, { userId: 'ada@example.org', data: { cart: '["tea"]' } })
    const { rows } = await pool.query(
      `SELECT data->>'cart' AS cart FROM sojourn_sessions WHERE user_id = 'ada@example.org' AND ended IS NULL`,
    )
    expect(rows).toEqual([{ cart: '["tea"]' }])
  })

  it('keeps the sessions of users with names of any length', async () => {
    const userId = Array.from({ length: 4000 }, (_, at) => String.fromCodePoint(0x4e00 + ((at * 7919) % 20000))).join(
      '',
    )
    const { id } = await addRecord(store, { userId })
    expect((await store.list(userId)).map((info) => info.id)).toEqual([id])
  })

  it('removes the record of a session that ends where there is no room for an ending', async () => {
    const [record, other] = [await addRecord(store), await addRecord(store)]
    await pool.query(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$`)
    await pool.query('CREATE TRIGGER full_disk BEFORE UPDATE ON sojourn_sessions EXECUTE FUNCTION full_disk()')

    expect(await store.end(record, sampleEnding)).toBe(true)
    expect(await store.end(record, sampleEnding)).toBe(false)
    expect(await store.read(record)).toBeNull()
    await expect(store.endAll('ada', sampleEnding, { id: 'nobody' })).resolves.toMatchObject({ isDone: false })
    const [spared, ended] = [await addRecord(store, { userId: 'eve' }), await addRecord(store, { userId: 'eve' })]
    await expect(store.endAll('eve', sampleEnding, spared)).rejects.toMatchObject({ code: '53100' })
    await assertRecord(store, spared)
    expect(await store.read(ended)).toBeNull()
    await expect(store.update(other, other, createChange())).rejects.toMatchObject({ code: '53100' })
    await assertRecord(store, other)
  })

  it('keeps nothing in a connection, so that any pooler may be in between', async () => {
    const single = newPool({ max: 1 })
    const sql = postgres(server.url, { max: 1, fetch_types: false })
    closing.push(() => sql.end())
    for (const client of [single, sql]) {
      const one = postgresStore(client)
      const record = await addRecord(one)
      await one.update(record, record, createDataChange('a', '1'), Date.now() + 9000)
      await one.list('ada')
      await endRecord(one, record)
      await one.sweep(1)
    }
    const left = `SELECT (SELECT count(*)::int FROM pg_prepared_statements WHERE name <> '') AS statements,
      (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory') AS locks`
    expect((await single.query(left)).rows).toEqual([{ statements: 0, locks: 0 }])
    expect([...(await sql.unsafe(left))]).toEqual([{ statements: 0, locks: 0 }])
  })

  it('may be read by an application that has its own ways with numbers and names', async () => {
    const parseType = (oid: number) => (text: string) => (oid === pg.types.builtins.TEXT ? text : 'spoilt')
    const typed = postgresStore(newPool({ types: { getTypeParser: parseType } as unknown as pg.CustomTypesConfig }))
    await assertRecord(typed, await addRecord(typed))
    await expect(typed.read(newRecord())).resolves.toBeNull()
    const sql = postgres(server.url, { transform: postgres.toPascal, types: { bigint: postgres.BigInt } })
    closing.push(() => sql.end())
    const one = postgresStore(sql)
    const record = await addRecord(one)
    await assertRecord(one, record)
    expect(await one.update(record, record, createDataChange('a', '1'))).toBe(1)
    await endRecord(one, record)
    await assertEnding(one, record)
  })
})
