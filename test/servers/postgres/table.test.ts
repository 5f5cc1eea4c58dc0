import { EventEmitter } from 'node:events'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { postgresStore, postgresTable, type PostgresClient } from '../../../src/stores/postgres/store.ts'
import {
  addRecord,
  endRecord,
  newRecord,
  sampleEnding,
  assertRecord,
  tomorrow,
} from '../../../src/testing/store-suite/kit.ts'
import { describePostgres, startPostgres, type PostgresServer } from '../../support/servers/postgres.ts'

describePostgres('a database', () => {
  let server: PostgresServer
  let pool: pg.Pool
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
  })
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()))
  })

  it('is given its table by ten servers at once, and again, without an error', async () => {
    for (let round = 0; round < 5; round++) {
      const [table, pools] = [`raced_${round}`, Array.from({ length: 10 }, () => newPool({ max: 1 }))]
      await Promise.all(pools.map((each) => each.query('SELECT 1')))
      await Promise.all(pools.map((each) => postgresStore(each, { table }).createTable()))
      await postgresStore(pool, { table }).createTable()
      await addRecord(postgresStore(pool, { table }))
    }
  })

  it('may be given its table by a migration, in a schema, by any name', async () => {
    await pool.query('CREATE SCHEMA "Auth"')
    for (const table of ['Auth.user', 'order', 'x'.repeat(50)]) {
      await pool.query(postgresTable(table))
      const named = postgresStore(pool, { table })
      await named.createTable()
      await assertRecord(named, await addRecord(named))
      expect(await named.list('ada')).toHaveLength(1)
    }
    expect(postgresTable()).toMatch(/^CREATE TABLE IF NOT EXISTS "sojourn_sessions" \(/)
    await pool.query(postgresTable('order'))
  })

  it('asks for no more than a role may do that makes no tables', async () => {
    await pool.query(`DROP ROLE IF EXISTS web`)
    await pool.query(`CREATE ROLE web LOGIN PASSWORD 'web'`)
    await postgresStore(pool).createTable()
    await pool.query('GRANT SELECT, INSERT, UPDATE, DELETE ON sojourn_sessions, sojourn_sessions_users TO web')
    await pool.query('GRANT USAGE ON SCHEMA public TO web')
    const url = new URL(server.url)
    ;[url.username, url.password] = ['web', 'web']
    const restricted = postgresStore(newPool({ connectionString: url.href }))

    await restricted.createTable()
    await endRecord(restricted, await addRecord(restricted))
    await addRecord(restricted)
    expect((await restricted.endAll('ada', sampleEnding)).ended).toHaveLength(1)
    expect(await restricted.sweep(tomorrow + 1000)).toBe(3)
  })

  it('without its table says how to create it', async () => {
    const nowhere = postgresStore(pool, { table: 'not_there' })
    for (const call of [
      () => nowhere.read(newRecord()),
      () => nowhere.create(newRecord()),
      () => nowhere.list('ada'),
      () => nowhere.end(newRecord(), sampleEnding, Date.now() + 9000),
      () => nowhere.sweep(1),
    ]) {
      await expect(call()).rejects.toMatchObject({
        code: 'ERR_STORE_CLIENT',
        message: expect.stringMatching(
          /no table not_there, or lacks a part of it\. Create it once: await store\.createTable\(\)/,
        ),
        cause: { code: expect.stringMatching(/^(42P01|42883)$/) },
      })
    }
  })

  it('without its functions, or another table, says how to create them', async () => {
    await postgresStore(pool).createTable()
    const store = postgresStore(pool)
    await pool.query('DROP FUNCTION sojourn_sessions_end_all_2')
    await expect(store.endAll('ada', sampleEnding)).rejects.toMatchObject({
      code: 'ERR_STORE_CLIENT',
      message: expect.stringMatching(/lacks a part of it\. Create it once: await store\.createTable\(\)/),
      cause: { code: '42883' },
    })
    await pool.query('DROP TABLE sojourn_sessions_users')
    await expect(store.create(newRecord())).rejects.toMatchObject({
      code: 'ERR_STORE_CLIENT',
      message: expect.stringMatching(/createTable/),
    })
    await store.createTable()
    await addRecord(store)
    expect(await store.endAll('ada', sampleEnding)).toMatchObject({ isDone: true })
  })

  it('with another table of that name asks for another name', async () => {
    await pool.query('CREATE TABLE foreign_table (id text)')
    const foreign = postgresStore(pool, { table: 'foreign_table' })
    const code = 'ERR_STORE_CLIENT'
    for (const call of [() => foreign.list('ada'), () => foreign.createTable()]) {
      await expect(call()).rejects.toMatchObject({ code, message: expect.stringMatching(/Name another/) })
    }
    await expect(foreign.read(newRecord())).rejects.toMatchObject({
      code,
      message: expect.stringMatching(/lacks a part/),
    })
  })
})

describe('wrong use of postgresStore', () => {
  it.each([
    ['nothing', undefined],
    ['no client', {}],
    ['a driver that is not connected', { Pool() {} }],
    ['another URL', 'mysql://localhost/sessions'],
  ])('is reported: %s', (_name, client) => {
    expect(() => postgresStore(client as PostgresClient)).toThrow(
      expect.objectContaining({
        code: 'ERR_STORE_CLIENT',
        message: expect.stringMatching(/^postgresStore takes a Pool/),
      }),
    )
  })

  it.each([
    ['nothing', undefined],
    ['a list of lists', [[{ id: 1 }], []]],
    ['numbers', { rows: [{ text: 1 }] }],
  ])('is reported: a client that answers with %s', async (_name, answer) => {
    const store = postgresStore({ query: async () => answer })
    await expect(store.read(newRecord())).rejects.toMatchObject({
      code: 'ERR_STORE_CLIENT',
      message: expect.stringMatching(/does not return rows/),
    })
  })

  it.each(['', 'a b', 'a"b', 'a;b', '1a', 'a.b.c', '.a', 'a.', 'é', 'x'.repeat(51)])(
    'is reported: %j as the name of a table',
    (table) => {
      const wrong = expect.objectContaining({ code: 'ERR_OPTIONS' })
      expect(() => postgresStore({ query: async () => [] }, { table })).toThrow(wrong)
      expect(() => postgresTable(table)).toThrow(wrong)
    },
  )

  it('is refused: a pool without an error listener', () => {
    const [pool, watched] = [new EventEmitter(), new EventEmitter()]
    for (const each of [pool, watched]) Object.assign(each, { query: async () => [] })
    watched.on('error', () => {})
    for (const each of [pool, watched, watched]) postgresStore(each as unknown as PostgresClient)
    expect([pool.listenerCount('error'), watched.listenerCount('error')]).toEqual([1, 1])
  })
})
