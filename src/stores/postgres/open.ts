import { SojournError } from '../../core/errors.ts'
import { createRunQuery, wrongClientError } from './connection.ts'
import { createListen } from './listen.ts'
import type { Listen, PostgresClient, RunQuery } from './types.ts'

type Pool = PostgresClient & { end(): Promise<unknown> }
type OpenPool = (driver: any, url: string) => Pool
type Load = (name: string) => Promise<{ default?: unknown }>

const secondMs = 1000
// Cloudflare Workers have no versions.
const isBun = process.versions?.['bun'] !== undefined

/**
 * Opens a pool with each driver. The timeouts report an outage within seconds. With pg, a connection that does not
 * answer in time is not used again.
 */
const drivers: readonly (readonly [name: string, open: OpenPool])[] = [
  [
    'pg',
    ({ Pool }, url) =>
      new Pool({
        connectionString: url,
        max: 10,
        connectionTimeoutMillis: 5 * secondMs,
        query_timeout: 10 * secondMs,
        idleTimeoutMillis: 60 * secondMs,
        keepAlive: true,
        allowExitOnIdle: true,
      }) as Pool,
  ],
  [
    'postgres',
    (postgres, url) =>
      postgres(url, {
        max: 10,
        connect_timeout: 5,
        idle_timeout: 60,
        prepare: false, // so that PgBouncer works in any mode
        fetch_types: false,
        onnotice() {},
      }) as Pool,
  ],
  ...(isBun ? [['bun', openBun] as const] : []),
]

function openBun({ SQL }: any, url: string): Pool {
  return new SQL(url, { max: 10, connectionTimeout: 5, idleTimeout: 60, prepare: false }) as Pool
}

/**
 * Opens a pool on the first query, with the driver that is installed: pg or postgres.js. Bun has a driver of its own.
 *
 * @throws `ERR_STORE_CLIENT` if the URL is not `postgres:` or `postgresql:`; the message omits the URL, which may contain
 * a password
 */
export function createLazyPool(
  url: string,
  load: Load = (name) => import(name),
): { runOnce: RunQuery; listen: Listen; close: () => Promise<void> } {
  if (!/^postgres(ql)?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) throw wrongClientError()
  let opening: Promise<{ pool: Pool; run: RunQuery }> | null = null
  let isClosed = false

  return {
    async runOnce(text, values) {
      if (isClosed) {
        throw new SojournError('ERR_STORE_CLIENT', 'This postgresStore was closed. Close it after the last request.')
      }
      opening ??= openPool(url, load).then((pool) => ({ pool, run: createRunQuery(pool) }))
      return (await opening).run(text, values)
    },
    async listen(self, onMessage, onLost) {
      // The pool exists here: `listen` is only called after a first `publish`.
      const { pool } = await opening!
      return createListen(pool)!(self, onMessage, onLost)
    },
    async close() {
      if (isClosed) return
      isClosed = true
      await (await opening)?.pool.end()
    },
  }
}

async function openPool(url: string, load: Load): Promise<Pool> {
  for (const [name, open] of drivers) {
    const driver = await importIfInstalled(name, load)
    if (driver !== null) return open(driver, url)
  }
  throw new SojournError('ERR_STORE_CLIENT', 'No Postgres driver is installed. Install one: npm install pg.')
}

async function importIfInstalled(name: string, load: Load): Promise<unknown> {
  try {
    return (await load(name)).default
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  }
}
