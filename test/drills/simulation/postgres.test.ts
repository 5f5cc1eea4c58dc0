import pg from 'pg'
import { afterAll, beforeAll, it } from 'vitest'
import { postgresStore } from '../../../src/stores/postgres/store.ts'
import { runSchedules } from '../../../src/testing/simulation/run-schedules.ts'
import { describePostgres, startPostgres, type PostgresServer } from '../../support/servers/postgres.ts'
import { openBehindProxies } from './behind-proxies.ts'

/** A notice wakes every connection that listens in its database. So the schedules are spread over several. */
const databases = Array.from({ length: 16 }, (_, index) => `schedules_${index}`)

const seed = Number(process.env['SEED'] ?? 1)
const repeat = (failed: number): string => `SEED=${failed} npm run drills -- simulation/postgres`

describePostgres('the simulation with Postgres, in real time', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres({ max_connections: '500' })
    const client = new pg.Client(server.url)
    await client.connect()
    for (const database of databases) await client.query(`create database ${database}`)
    await client.end()
  })
  afterAll(async () => server.stop())

  it('keeps every promise in 200 schedules', { timeout: 300_000 }, async () => {
    let tables = 0
    const open = async (servers: readonly string[]) => {
      const table = `sessions_${tables++}`
      const { href, port } = new URL(databases[tables % databases.length]!, server.url)
      const pool = new pg.Pool({ connectionString: href, max: 1 })
      await postgresStore(pool, { table }).createTable()
      await pool.end()
      return openBehindProxies(Number(port), servers, (proxyPort) => {
        const client = new pg.Pool({ connectionString: href.replace(`:${port}/`, `:${proxyPort}/`), max: 2 })
        const store = postgresStore(client, { table })
        return { store, close: () => store.close().then(() => client.end()) }
      })
    }
    await runSchedules(open, { schedules: 200, seed, atOnce: 67 }, repeat)
  })
})
