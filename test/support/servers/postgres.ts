import { describe } from 'vitest'

export { startPostgres } from '../../../scripts/servers/postgres.mjs'
export type { PostgresServer } from '../../../scripts/servers/postgres.mjs'

/** Groups tests that need Postgres. They are skipped without it: `npm test` reports that, and fails if CI is set. */
export const describePostgres = process.env['POSTGRES_BIN'] ? describe : describe.skip
