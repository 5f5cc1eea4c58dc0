import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describePostgres, startPostgres, type PostgresServer } from '../../support/servers/postgres.ts'

describePostgres('a Postgres of a test', () => {
  let server: PostgresServer
  let pool: pg.Pool

  beforeAll(async () => {
    server = await startPostgres()
    pool = new pg.Pool({ connectionString: server.url })
    pool.on('error', () => {})
  })
  afterAll(async () => {
    await pool.end()
    await server.stop()
  })
  const one = () => pool.query('SELECT 1 AS one').then(({ rows }) => rows[0].one as number)

  it('answers nothing while it is frozen, and everything after', async () => {
    expect(await one()).toBe(1)
    await server.freeze()
    const asked = one()
    const answer = await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, 300, 'nothing'))])
    await server.thaw()
    expect(answer).toBe('nothing')
    expect(await asked).toBe(1)
  })

  it('comes back on its port, with its data, after it was killed or restarted', async () => {
    await pool.query('CREATE TABLE kept (a int)')
    await server.kill()
    await expect(one()).rejects.toThrow(/terminated|ECONN/)
    await server.restart()
    expect((await pool.query('SELECT * FROM kept')).rows).toEqual([])
    await server.restart()
    expect((await pool.query('SELECT * FROM kept')).rows).toEqual([])
    await server.freeze()
    await server.kill()
    await server.restart()
    expect(await one()).toBe(1)
  })
})
