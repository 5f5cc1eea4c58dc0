import { SojournError } from '../../core/errors.ts'
import { listenBy } from './listen.ts'
import { connect, noClient } from './connection.ts'
import { type Listen } from './types.ts'
import { type Run } from './types.ts'
import { type PostgresClient } from './types.ts'

type Pool = PostgresClient & { end(): Promise<unknown> }
type Open = (driver: any, url: string) => Pool

const seconds = 1000

/** How each driver opens a pool. An outage is told within seconds, and what does not answer is not waited for, or used again. */
const drivers: readonly (readonly [name: string, open: Open])[] = [
  [
    'pg',
    ({ Pool }, url) =>
      new Pool({
        connectionString: url,
        max: 10,
        connectionTimeoutMillis: 5 * seconds,
        query_timeout: 10 * seconds,
        idleTimeoutMillis: 60 * seconds,
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
        prepare: false, // so that PgBouncer may be in between
        fetch_types: false,
        onnotice() {},
      }) as Pool,
  ],
]

/**
 * Opens a pool with the first question, by the driver that is installed, pg or postgres.js.
 *
 * @throws `ERR_STORE_CLIENT` for what is no URL of a Postgres; it is not in the message, since it holds the password
 */
export function connectLater(url: string): { ask: Run; listen: Listen; close: () => Promise<void> } {
  if (!/^postgres(ql)?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) throw noClient()
  let opened: Promise<{ pool: Pool; run: Run }> | null = null
  let isClosed = false

  return {
    async ask(text, values) {
      if (isClosed) {
        throw new SojournError('ERR_STORE_CLIENT', 'This postgresStore was closed. Close it after the last request.')
      }
      opened ??= openPool(url).then((pool) => ({ pool, run: connect(pool) }))
      return (await opened).run(text, values)
    },
    async listen(self, heard, lost) {
      // Something has been asked before: whoever listens has told something first.
      const { pool } = await opened!
      return listenBy(pool)!(self, heard, lost)
    },
    async close() {
      if (isClosed) return
      isClosed = true
      await (await opened)?.pool.end()
    },
  }
}

async function openPool(url: string): Promise<Pool> {
  for (const [name, open] of drivers) {
    const driver = await installed(name)
    if (driver !== null) return open(driver, url)
  }
  throw new SojournError('ERR_STORE_CLIENT', 'There is no driver for Postgres. Install one: npm install pg.')
}

async function installed(name: string): Promise<unknown> {
  try {
    return ((await import(name)) as { default: unknown }).default
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  }
}
