import pg from 'pg'
import { afterAll, beforeAll, it } from 'vitest'
import { postgresStore } from '../../../src/stores/postgres/store.ts'
import { runSchedules } from '../../../src/testing/simulation/run-schedules.ts'
import { describePostgres, startPostgres, type PostgresServer } from '../../support/servers/postgres.ts'
import { openBehindProxies } from './behind-proxies.ts'

const seed = Number(process.env['SEED'] ?? 1)
const repeat = (failed: number): string => `SEED=${failed} npm run drills -- simulation/postgres`

describePostgres('the simulation with Postgres, in real time', () => {
  let server: PostgresServer
  let pool: pg.Pool
  beforeAll(async () => {
    server = await startPostgres({ max_connections: '500' })
    pool = new pg.Pool({ connectionString: server.url, max: 2 })
  })
  afterAll(async () => {
    await pool.end()
    await server.stop()
  })

  it('keeps every promise in 200 schedules', { timeout: 300_000 }, async () => {
    let tables = 0
    const { port } = new URL(server.url)
    const open = async (servers: readonly string[]) => {
      const table = `sessions_${tables++}`
      await postgresStore(pool, { table }).createTable()
      return openBehindProxies(Number(port), servers, (proxyPort) => {
        const client = new pg.Pool({ connectionString: server.url.replace(`:${port}/`, `:${proxyPort}/`), max: 2 })
        const store = postgresStore(client, { table })
        return { store, close: () => store.close().then(() => client.end()) }
      })
    }
    await runSchedules(open, { schedules: 200, seed, atOnce: 67 }, repeat)
  })
})
