import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { TooLate } from '../../../src/stores/store.ts'
import { postgresStore, type PostgresStore } from '../../../src/stores/postgres/store.ts'
import {
  addRecord,
  endRecord,
  sampleEnding,
  assertRecord,
  assertEnding,
  assertCreate,
  assertLive,
  newRecord,
  createDataChange,
} from '../../../src/testing/store-suite/kit.ts'
import { describePostgres, startPostgres, type PostgresServer } from '../../support/servers/postgres.ts'

describePostgres('while Postgres does not answer', () => {
  let server: PostgresServer
  let pool: pg.Pool
  let store: PostgresStore
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())

  beforeEach(async () => {
    pool = new pg.Pool({ connectionString: server.url })
    store = postgresStore(pool)
    await store.createTable()
  })
  afterEach(async () => {
    await server.thaw()
    await pool.end()
  })

  /** Lets the server continue only after so many milliseconds. */
  async function frozenFor(milliseconds: number, ask: () => Promise<unknown>): Promise<unknown> {
    await server.freeze()
    const asked = ask()
    asked.catch(() => {})
    await pause(milliseconds)
    await server.thaw()
    return asked
  }

  /** Holds a row, as a transaction does that waits for something, for so many milliseconds. */
  async function lockedFor(
    milliseconds: number,
    id: string,
    sql: string,
    ask: () => Promise<unknown>,
  ): Promise<unknown> {
    const other = await pool.connect()
    await other.query('BEGIN')
    await other.query(sql, [id])
    const asked = ask()
    asked.catch(() => {})
    await pause(milliseconds)
    await other.query(sql.startsWith('SELECT') ? 'ROLLBACK' : 'COMMIT')
    other.release()
    return asked
  }

  const soon = () => Date.now() + 100

  it.each(['that has answered before', 'that was never asked'])(
    'executes no write afterwards whose deadline is over, on a store %s',
    async (_name) => {
      const record = await addRecord(store)
      const using = _name === 'that was never asked' ? () => postgresStore(pool) : () => store
      const another = newRecord()
      for (const late of [
        () => using().create(another, {}, soon()),
        () => using().update(record, record, createDataChange('cart', '[]'), soon()),
        () => using().end(record, sampleEnding, soon()),
        () => using().endAll('ada', sampleEnding, null, soon()),
      ]) {
        await expect(frozenFor(250, late)).rejects.toThrow(TooLate)
      }
      expect(await store.read(another)).toBeNull()
      await assertRecord(store, record)
    },
  )

  it('executes a write afterwards whose deadline is not over', async () => {
    const record = await addRecord(store)
    await store.read(record)
    const until = Date.now() + 20_000
    expect(await frozenFor(150, () => store.update(record, record, createDataChange('a', '1'), until))).toBe(1)
    expect(await frozenFor(150, () => store.end(record, sampleEnding, until))).toBe(true)
    await assertEnding(store, record)
  })

  it.each([
    ['only held', 'SELECT FROM sojourn_sessions WHERE id = $1 FOR UPDATE'],
    ['changed', 'UPDATE sojourn_sessions SET last_seen_at = last_seen_at WHERE id = $1'],
  ])('carries no write out when its time was over while it waited for a row that somebody %s', async (_name, sql) => {
    const record = await addRecord(store)
    for (const late of [
      () => store.update(record, record, createDataChange('cart', '[]'), soon()),
      () => store.end(record, sampleEnding, soon()),
      () => store.endAll('ada', sampleEnding, null, soon()),
    ]) {
      await expect(lockedFor(250, record.id, sql, late)).rejects.toThrow(TooLate)
      await assertRecord(store, record)
    }
    expect(await lockedFor(50, record.id, sql, () => store.end(record, sampleEnding, Date.now() + 9000))).toBe(true)
  })

  it('adds no record, and ends none, if the time was over while the call waited for another of the same user', async () => {
    const userId = 'eve'
    const [record, another] = [await addRecord(store, { userId }), newRecord({ userId })]
    const sql =
      'SELECT FROM sojourn_sessions_users WHERE user_id = (SELECT user_id FROM sojourn_sessions WHERE id = $1) FOR UPDATE'
    for (const late of [
      () => store.create(another, {}, soon()),
      () => store.endAll(userId, sampleEnding, null, soon()),
    ]) {
      await expect(lockedFor(250, record.id, sql, late)).rejects.toThrow(TooLate)
      await assertLive(store, userId, [record])
    }
    await assertCreate(store, another, 'created', { openedAt: performance.now() - 60_000 })
  })

  it('distinguishes a refused write from a late one', async () => {
    const record = await addRecord(store)
    expect(await store.create(record, {}, Date.now() + 9000)).toMatchObject({ result: 'taken' })
    expect(
      await store.update(record, { secretHash: 'another' }, createDataChange('a', '1'), Date.now() + 9000),
    ).toBeNull()
    await endRecord(store, record)
    expect(await store.end(record, sampleEnding, Date.now() + 9000)).toBe(false)
    await expect(store.end(record, sampleEnding, Date.now() - 9000)).rejects.toThrow(TooLate)
  })

  it.each([-3600, 3600])('knows the time of Postgres where ours is %s seconds ahead of it', async (seconds) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 })
    try {
      const record = newRecord()
      expect(await store.create(record, {}, Date.now() + 9000)).toMatchObject({ result: 'created' })
      await expect(store.end(record, sampleEnding, Date.now() - 50)).rejects.toThrow(TooLate)
      expect(await store.end(record, sampleEnding, Date.now() + 9000)).toBe(true)
    } finally {
      vi.useRealTimers()
    }
  })

  it('rejects with the driver’s error when Postgres is killed, and works when it is back, with what it had answered', async () => {
    const [record, ended] = [await addRecord(store), await addRecord(store)]
    await endRecord(store, ended)
    await Promise.all(Array.from({ length: 8 }, () => store.read(record)))
    await server.kill()
    await pause(50)
    await expect(store.read(record)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await server.restart()
    await assertRecord(store, record)
    await assertEnding(store, ended)
    await addRecord(store)
  })

  it('rejects what was under way when Postgres is killed', async () => {
    const record = await addRecord(store)
    await server.freeze()
    const asked = store.read(record)
    asked.catch(() => {})
    await pause(50)
    await server.kill()
    await expect(asked).rejects.toThrow(/terminated|ECONNRESET/)
    await server.restart()
    await assertRecord(store, record)
  })
})
