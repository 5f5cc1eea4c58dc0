import Database from 'libsql'
import { expect, it } from 'vitest'
import { d1Store, d1Table } from '../../../src/stores/d1/store.ts'

// frameworks/d1 runs the suite of the contract inside the runtime.

const database = { prepare: () => ({ bind: () => null }), batch: async () => [] }

it.each([
  ['nothing, because the configuration lacks the binding', undefined, {}, 'ERR_STORE_CLIENT'],
  ['a namespace of Workers KV', { get() {}, put() {} }, {}, 'ERR_STORE_CLIENT'],
  ['a name that is SQL', database, { table: 'a; DROP TABLE b' }, 'ERR_OPTIONS'],
])('%s is refused', (_, binding, options, code) => {
  expect(() => d1Store(binding as never, options)).toThrow(expect.objectContaining({ code }))
})

it('data that is too big for a row is ERR_DATA, and every other error is passed on', async () => {
  const failing = (message: string) =>
    d1Store({ ...database, batch: () => Promise.reject(new Error(message)) }).list('ada')

  await expect(failing('D1_ERROR: string or blob too big: SQLITE_TOOBIG')).rejects.toMatchObject({ code: 'ERR_DATA' })
  await expect(failing('D1_ERROR: Network connection lost.')).rejects.toThrow('Network connection lost')
})

it('d1Table returns the SQL of the tables, which may be run again', () => {
  const db = new Database(':memory:')
  for (let times = 0; times < 2; times++) db.exec(d1Table('other'))

  const names = db.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).all()
  expect(names).toEqual([{ name: 'other' }, { name: 'other_cutoffs' }])
  expect(d1Table()).toMatch(/^CREATE TABLE IF NOT EXISTS sojourn_sessions \(/)
  expect(() => d1Table('a; DROP TABLE b')).toThrow(expect.objectContaining({ code: 'ERR_OPTIONS' }))
})
