import { expect, it } from 'vitest'
import { postgresStore } from '../../../src/stores/postgres/store.ts'

it.each([
  [100_023, '10'],
  [90_624, '9'],
])('createTable says that Postgres %i is too old, and creates nothing', async (number, version) => {
  const asked: string[] = []
  const query = async (text: string) => {
    asked.push(text)
    return { rows: [{ result: String(number) }] }
  }
  await expect(postgresStore({ query }).createTable()).rejects.toMatchObject({
    code: 'ERR_STORE_CLIENT',
    message: `postgresStore needs Postgres 11 or newer, and this is version ${version}.`,
  })
  expect(asked).toHaveLength(1)
})
