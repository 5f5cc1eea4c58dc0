import pg from 'pg'
import { createSessions } from 'sojourn'
import { postgresStore, postgresTable } from 'sojourn/postgres'
import { signedInAs } from 'sojourn/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readPage } from '../../support/docs/blocks.ts'
import { blocksOf, resultOf, tries, type Tries } from '../../support/docs/tries.ts'
import { describePostgres, startPostgres, type PostgresServer } from '../../support/servers/postgres.ts'
import { secret } from '../../support/sessions.ts'

const blocks = await blocksOf(/5432|PGlite/)
const { blocks: onPage } = await readPage('docs/postgres.md')
const [table, query] = onPage.filter(({ language }) => language === 'sql')

it('docs/postgres.md has the SQL of the tables that postgresTable() returns, to the letter', () => {
  expect(postgresTable().startsWith(`${table?.text}\n\nCREATE OR REPLACE FUNCTION`)).toBe(true)
})

describePostgres('what the pages have of Postgres', () => {
  let server: PostgresServer
  let programs: Tries

  beforeAll(async () => {
    server = await startPostgres()
    programs = await tries(blocks, (program) => program.replace('postgres://localhost:5432/app', server.url))
  })

  afterAll(async () => {
    await programs.remove()
    await server.stop()
  })

  it.each(blocks)('$name', async (block) => {
    expect(await programs.run(block)).toBe(resultOf(block.text))
  })

  it('the role needs four rights, and the query shows who is signed in', async () => {
    const pool = new pg.Pool({ connectionString: server.url })
    try {
      await pool.query(postgresTable())
      await pool.query("CREATE ROLE app LOGIN PASSWORD 'app'")
      await pool.query('GRANT SELECT, INSERT, UPDATE, DELETE ON sojourn_sessions, sojourn_sessions_users TO app')
      const url = new URL(server.url)
      Object.assign(url, { username: 'app', password: 'app' })
      const store = postgresStore(url.href)
      await store.createTable()
      const sessions = createSessions({ secrets: [secret('docs')], storeTimeout: 5, store })
      await signedInAs(sessions, '42', { label: 'Firefox' })
      await signedInAs(sessions, '43')
      await sessions.revokeAll('43')
      await store.sweep(Date.now())
      await store.close()

      expect((await pool.query(query!.text)).rows).toMatchObject([{ user_id: '42', label: 'Firefox' }])
    } finally {
      await pool.end()
    }
  })
})
