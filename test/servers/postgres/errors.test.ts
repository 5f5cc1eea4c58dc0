import pg from 'pg'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { postgresStore } from '../../../src/stores/postgres/store.ts'
import { sampleEnding } from '../../../src/testing/store-suite/kit.ts'
import { describePostgres, startPostgres, type PostgresServer } from '../../support/servers/postgres.ts'
import { freePort } from '../../support/servers/server.ts'
import { errorsOf, isSilent, showNothing } from '../../suites/postgres-errors.ts'

describePostgres('an error of a driver shows nothing that was to be kept', () => {
  let server: PostgresServer
  beforeAll(async () => {
    // So that errors quote the values of what failed.
    server = await startPostgres({ log_parameter_max_length_on_error: '-1' })
  })
  afterAll(() => server.stop())

  it('by pg', async () => {
    const pool = new pg.Pool({ connectionString: server.url })
    await isSilent(pool, (sql) => pool.query(sql), 'of_pg')
    await pool.end()
  })

  it.each([false, true])('by postgres.js, whose debug is %s', async (debug) => {
    const sql = postgres(server.url, { debug })
    await isSilent(sql, (text) => sql.unsafe(text), `of_postgres_${debug}`)
    await sql.end()
  })

  it('without a server', async () => {
    const url = `postgres://ada:canary-password@127.0.0.1:${await freePort()}/postgres`
    const [pool, sql] = [new pg.Pool({ connectionString: url }), postgres(url, { debug: true })]
    for (const client of [pool, sql]) showNothing(await errorsOf(postgresStore(client)), 7)
    await Promise.all([pool.end(), sql.end()])
  })

  it('if the connection is lost meanwhile', async () => {
    const [pool, sql] = [new pg.Pool({ connectionString: server.url, max: 2 }), postgres(server.url, { max: 2 })]
    for (const client of [pool, sql]) {
      const store = postgresStore(client)
      await store.createTable()
      await store.read({ id: 'there', userId: 'ada' }).catch(() => {})
      await server.freeze()
      const asked = errorsOf(store)
      await new Promise((resolve) => setTimeout(resolve, 50))
      await server.kill()
      await server.restart()
      showNothing(await asked, 1)
    }
    await Promise.all([pool.end(), sql.end()])
  })
})

describe('an answer of another question', () => {
  const key = { id: 'an-id', userId: 'ada' }
  const answering = (text: unknown) => postgresStore({ query: async () => ({ rows: [{ text }] }) })

  it('is not quoted, where it is no JSON', async () => {
    const error: unknown = await answering('canary')
      .read(key)
      .catch((reason: unknown) => reason)
    showNothing([error], 1)
    expect(error).toMatchObject({ code: 'ERR_STORE_CLIENT' })
  })

  it('ends nobody else', async () => {
    await expect(answering(JSON.stringify(['another', 'ada', sampleEnding])).read(key)).rejects.toThrow(
      'result of another query',
    )
    await expect(answering(JSON.stringify({ id: 'a', userId: 'eve' })).list('ada')).rejects.toThrow(
      'result of another query',
    )
    expect(await answering(JSON.stringify(['an-id', 'ada', sampleEnding])).read(key)).toEqual(sampleEnding)
  })
})
