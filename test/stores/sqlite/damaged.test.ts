import { expect, it } from 'vitest'
import {
  addRecord,
  assertCreate,
  createDataChange,
  endRecord,
  newRecord,
} from '../../../src/testing/store-suite/kit.ts'
import { signedIn, visit, world } from '../../support/sessions.ts'
import { sqliteFiles } from '../../support/sqlite-files.ts'

const { opened } = sqliteFiles()

it('data that is no JSON costs the data, not the sign-in, and can be written again', async () => {
  const { db, store } = opened()
  const visited = world({ store })
  const visitor = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
  db.exec("UPDATE sojourn_sessions SET data = '{broken'")

  expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ outcome: 'unreadable', userId: 'ada', data: {} })
  await visit(visited.sessions, visitor, (session) => void (session.data['cart'] = ['milk']))
  expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ outcome: 'active', data: { cart: ['milk'] } })
})

it.each([
  "label = 'a\\x'",
  "methods = '['",
  "idle_timeout = 'x'",
  "user_id = 'a\\x'",
  'data = NULL',
  'secret_hash = NULL',
])('a row in which %s counts as ended, and the others are read', async (damage) => {
  const { db, store } = opened()
  const [damaged, intact] = [await addRecord(store), await addRecord(store)]
  db.exec(`UPDATE sojourn_sessions SET ${damage} WHERE id = '${damaged.id}'`)

  expect(await store.read(damaged)).toBeNull()
  await assertCreate(store, newRecord({ id: damaged.id }), 'taken')
  const keys: unknown[] = []
  for await (const entry of store.all!()) keys.push('key' in entry && entry.key)
  expect(keys).toEqual([{ id: intact.id, userId: intact.userId }])
})

it('an ending without its time counts as ended', async () => {
  const { db, store } = opened()
  const record = await addRecord(store)
  await endRecord(store, record)
  db.exec('UPDATE sojourn_sessions SET ended_at = NULL')

  expect(await store.read(record)).toBeNull()
  expect(await store.update(record, record, createDataChange('a', '1'))).toBeNull()
})

it('a damaged label is listed as it is, and damaged methods are not listed', async () => {
  const { db, store } = opened()
  await addRecord(store, { userId: 'ada' })
  db.exec("UPDATE sojourn_sessions SET label = 'a\\x', methods = '['")

  expect(await store.list('ada')).toMatchObject([{ label: 'a\\x', methods: [] }])
})
