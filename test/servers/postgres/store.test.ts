import { setTimeout as pause } from 'node:timers/promises'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRunQuery } from '../../../src/stores/postgres/connection.ts'
import { postgresStore, type PostgresClient } from '../../../src/stores/postgres/store.ts'
import { addRecord, endRecord, sampleEnding } from '../../../src/testing/store-suite/kit.ts'
import { storeSuite, type OpenedStore } from '../../../src/testing/store-suite/store-suite.ts'
import { describePostgres, startPostgres, type PostgresServer } from '../../support/servers/postgres.ts'
import { isRaceCheck } from '../../suites/race-checks.ts'
import { isSilent } from '../../suites/postgres-errors.ts'

// `drills/races/revocation` runs the races with more rounds, also with postgres.js.

const table = 'sojourn_sessions'

/** The checks that depend on the client. Pools of pg run all: the database decides races, and PGlite has one connection. */
const withoutRaces = (open: () => Promise<OpenedStore>) =>
  storeSuite(open, { rounds: 10 }).filter(([name]) => !isRaceCheck(name))

/** An empty store, and what opens the same by another client. All checks share a table, because connections compile its functions once. */
async function opened(client: PostgresClient, other: PostgresClient) {
  const store = postgresStore(client, { table })
  await store.createTable()
  const run = createRunQuery(client)
  for (const each of [table, `${table}_users`]) await run(`DELETE FROM ${each}`)
  return { store, another: () => postgresStore(other, { table }), expiresByItself: false }
}

describePostgres('postgresStore', () => {
  let server: PostgresServer
  let pools: [pg.Pool, pg.Pool]
  let sqls: [postgres.Sql, postgres.Sql]
  beforeAll(async () => {
    server = await startPostgres()
    pools = [new pg.Pool({ connectionString: server.url }), new pg.Pool({ connectionString: server.url })]
    sqls = [postgres(server.url), postgres(server.url)]
  })
  afterAll(async () => {
    await Promise.all([...pools, ...sqls].map((each) => each.end()))
    await server.stop()
  })

  describe('with pools of pg', () => {
    it.each(storeSuite(() => opened(...pools), { rounds: 20 }))('%s', (_name, check) => check())
  })

  describe('with postgres.js', () => {
    it.each(withoutRaces(() => opened(...sqls)))('%s', (_name, check) => check())
  })
})

describe('postgresStore with PGlite', () => {
  let db: PGlite
  beforeAll(async () => {
    db = await PGlite.create()
  }, 60_000)
  afterAll(() => db.close())

  it.each(withoutRaces(() => opened(db, db)))('%s', (_name, check) => check())

  it('notifies watchers of a session that it ended', async () => {
    const { store } = await opened(db, db)
    const record = await addRecord(store)
    const notified: unknown[] = []
    const stop = store.watch!((notice) => notified.push(notice))
    // It listens after a moment. Ignore calls from before that.
    await pause(100)
    notified.length = 0
    await endRecord(store, record)
    await expect
      .poll(() => notified, { timeout: 300 })
      .toEqual([{ id: record.id, isGuest: false, ended: 'signed-out' }])
    stop()
  })

  it.each([
    ['user', 'ada', false],
    ['guest', null, true],
  ])(
    'notifies again if the session of a %s is ended twice, because an answer may have been lost',
    async (_, userId, isGuest) => {
      const { store } = await opened(db, db)
      const record = await addRecord(store, { userId })
      await endRecord(store, record)
      const notified: unknown[] = []
      const stop = store.watch!((notice) => notified.push(notice))
      await pause(100)
      notified.length = 0
      expect(await store.end(record, sampleEnding)).toBe(false)
      await expect.poll(() => notified, { timeout: 300 }).toEqual([{ id: record.id, isGuest, ended: 'signed-out' }])
      stop()
    },
  )

  it('shows nothing that was to be kept in an error', () => isSilent(db, (sql) => db.exec(sql), 'silent'))
})
