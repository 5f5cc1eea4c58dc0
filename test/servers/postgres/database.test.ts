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
  /** A pool of its own, as another server has it. */
  function newPool(config: pg.PoolConfig = {}): pg.Pool {
    const made = new pg.Pool({ connectionString: server.url, ...config })
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
    const { id } = await addRecord(store, { data: { count: '0' } })
    const stores = [store, postgresStore(newPool())]
    await runConcurrently(100, async (at) => {
      for (;;) {
        const held = await readRecord(stores[at % 2]!, id)
        const count = `${Number(held.data['count']) + 1}`
        if ((await stores[at % 2]!.update(id, held, createDataChange('count', count))) !== null) return
      }
    })
    expect(await readRecord(store, id)).toMatchObject({ version: 100, data: { count: '100' } })
  })

  it.each(['repeatable read', 'serializable'])('may make transactions %s', async (level) => {
    const strict = newPool({ options: `-c default_transaction_isolation=${level.replace(' ', '\\ ')}` })
    expect((await strict.query('SHOW transaction_isolation')).rows).toEqual([{ transaction_isolation: level }])
    const one = postgresStore(strict)
    const { id, secretHash } = await addRecord(one)
    const versions = await runConcurrently(8, (at) =>
      one.update(id, { secretHash }, createDataChange(`key-${at}`, '1')),
    )
    expect(versions.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('lists by an index, reads by its key, and sweeps by an index', async () => {
    await pool.query(`INSERT INTO sojourn_sessions (id, user_id, secret_hash, version, created_at, last_seen_at,
        expires_at, remember, data)
      SELECT 'id-' || i, 'user-' || i % 2000, 'hash', 0, 0, 0, ${tomorrow} + i, true, '{}' FROM generate_series(1, 20000) i`)
    await pool.query('ANALYZE sojourn_sessions')
    const plans: string[] = []
    const explaining: PostgresClient = {
      async query(text: string, values: unknown[]) {
        const { rows } = await pool.query(`EXPLAIN ${text}`, values)
        plans.push(rows.map((row) => Object.values(row)[0]).join('\n'))
        return pool.query(text, values)
      },
    }
    const store = postgresStore(explaining)

    expect(await store.list('user-7')).toHaveLength(10)
    expect(plans.pop()).toMatch(/Index Scan .*sojourn_sessions_of_user/)
    await store.read('id-7')
    await store.update('id-7', { secretHash: 'hash' }, createChange(), Date.now() + 9000)
    await store.end('id-7', sampleEnding, Date.now() + 9000)
    expect(await store.sweep(tomorrow + 100)).toBe(99)
    expect(plans.join('\n')).not.toContain('Seq Scan')
    expect(plans.pop()).toMatch(/Index Scan using sojourn_sessions_by_expiry/)
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
    const [{ id }, other] = [await addRecord(store), await addRecord(store)]
    await pool.query(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$`)
    await pool.query('CREATE TRIGGER full_disk BEFORE UPDATE ON sojourn_sessions EXECUTE FUNCTION full_disk()')

    expect(await store.end(id, sampleEnding)).toBe(true)
    expect(await store.end(id, sampleEnding)).toBe(false)
    expect(await store.read(id)).toBeNull()
    await expect(store.update(other.id, other, createChange())).rejects.toMatchObject({ code: '53100' })
    await assertRecord(store, other)
  })

  it('keeps nothing in a connection, so that any pooler may be in between', async () => {
    const single = newPool({ max: 1 })
    const sql = postgres(server.url, { max: 1, fetch_types: false })
    closing.push(() => sql.end())
    for (const client of [single, sql]) {
      const one = postgresStore(client)
      const record = await addRecord(one)
      await one.update(record.id, record, createDataChange('a', '1'), Date.now() + 9000)
      await one.list('ada')
      await endRecord(one, record.id)
      await one.sweep(1)
    }
    const left = `SELECT (SELECT count(*)::int FROM pg_prepared_statements WHERE name <> '') AS statements,
      (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory') AS locks`
    expect((await single.query(left)).rows).toEqual([{ statements: 0, locks: 0 }])
    expect([...(await sql.unsafe(left))]).toEqual([{ statements: 0, locks: 0 }])
  })

  it('may be read by an application that has its own ways with numbers and names', async () => {
    const typed = newPool({ types: { getTypeParser: () => () => 'spoilt' } as unknown as pg.CustomTypesConfig })
    await expect(postgresStore(typed).read('an-id')).resolves.toBeNull()
    const sql = postgres(server.url, { transform: postgres.toPascal, types: { bigint: postgres.BigInt } })
    closing.push(() => sql.end())
    const one = postgresStore(sql)
    const record = await addRecord(one)
    await assertRecord(one, record)
    expect(await one.update(record.id, record, createDataChange('a', '1'))).toBe(1)
    await endRecord(one, record.id)
    await assertEnding(one, record.id)
  })
})
