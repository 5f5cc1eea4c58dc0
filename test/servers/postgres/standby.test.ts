import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { postgresStore } from '../../../src/stores/postgres/store.ts'
import { describePostgres, startPostgres, type PostgresServer } from '../../support/servers/postgres.ts'
import { inTime, serverOn, untilListening, untilFired, watchedOn, tries } from '../../support/watching.ts'

describePostgres('a Postgres whose commits wait for a standby that is away', tries, () => {
  let server: PostgresServer
  let admin: pg.Client
  beforeAll(async () => {
    server = await startPostgres()
    admin = new pg.Client(server.url)
    await admin.connect()
  })
  afterAll(async () => {
    await admin.end()
    await server.stop()
  })

  /** Makes commits wait for a standby of that name; for none by `''`. */
  async function waitFor(standby: string): Promise<void> {
    await admin.query(`ALTER SYSTEM SET synchronous_standby_names = '${standby}'`)
    await admin.query('SELECT pg_reload_conf()')
    const shown = async () => (await admin.query('SHOW synchronous_standby_names')).rows[0].synchronous_standby_names
    await expect.poll(shown).toBe(standby)
    await pause(300) // as long as the processes of the connections take to know
  }

  it('answers reads while sessions are watched and the end of one waits, and reports that end finally', async () => {
    const pool = new pg.Pool({ connectionString: server.url })
    const other = new pg.Pool({ connectionString: server.url })
    const store = postgresStore(pool)
    await store.createTable()
    const [here, there] = [serverOn(store), serverOn(postgresStore(other))]
    const [stays, leaves] = [await watchedOn(here), await watchedOn(here)]
    await untilListening()
    await waitFor('gone')
    await expect(there.revoke(leaves.userId, leaves.session.id!)).rejects.toMatchObject({ status: 503 })
    for (let tries = 0; tries < 12; tries++) {
      expect([(await here.open(stays.cookie)).outcome, pool.waitingCount]).toEqual(['active', 0])
      await pause(500)
    }
    expect(pool.totalCount).toBeLessThan(8)
    const waiting = `SELECT query FROM pg_stat_activity WHERE wait_event = 'SyncRep'`
    expect((await admin.query(waiting)).rows).toEqual([{ query: expect.stringContaining('sojourn_sessions_end_2') }])
    await waitFor('')
    expect(await untilFired(leaves.signal)).toBeLessThan(inTime)
    expect(stays.signal.aborted).toBe(false)
    stays.leave()
    await pool.end()
    await other.end()
  })
})
