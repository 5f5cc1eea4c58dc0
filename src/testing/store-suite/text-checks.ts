import assert from 'node:assert/strict'
import type { SessionKey } from '../../stores/store.ts'
import {
  addRecord,
  assertCreate,
  assertEnding,
  assertRecord,
  createChange,
  endRecord,
  listSessionIds,
  newRecord,
  readRecord,
  type StoreCheck,
} from './kit.ts'
import { keys, likeIds, loneSurrogates, unusualTexts, values } from './texts.ts'

/** Gives each key one of the texts. */
const pairKeysWithTexts = (keys: readonly string[], texts: readonly string[], shift = 0): Record<string, string> =>
  Object.fromEntries(keys.map((key, at) => [key, texts[(at + shift) % texts.length]!]))

export const textChecks: readonly StoreCheck[] = [
  [
    'ids that look alike are different sessions',
    async ({ store }) => {
      const records = likeIds.map((id) => newRecord({ id, label: `label of ${id}` }))
      for (const record of records) await assertCreate(store, record, 'created')
      for (const record of records) await assertRecord(store, record)
      assert.deepEqual(await listSessionIds(store, 'ada'), likeIds.toSorted())
      for (const [at, record] of records.entries()) {
        const { id, secretHash } = record
        if (at % 2 === 0) await endRecord(store, record)
        else assert.equal(await store.update(record, { secretHash }, createChange({ set: { of: id } })), 1, id)
      }
      for (const [at, record] of records.entries()) {
        if (at % 2 === 0) await assertEnding(store, record)
        else assert.equal((await readRecord(store, record)).data['of'], record.id)
      }
    },
  ],
  [
    'user ids that look alike are different users',
    ({ store }) => assertUsersApart(store, [...unusualTexts, 'u'.repeat(1024), 'é'.repeat(1024)]),
  ],
  [
    'a label can be any text, and comes back exactly',
    ({ store }) => assertLabels(store, [...unusualTexts, '', 'l'.repeat(10_000)]),
  ],
  [
    'keys and texts of the data can have any characters, and come back exactly',
    ({ store }) => assertData(store, keys, values),
  ],
  [
    'a lone surrogate comes back exactly in user ids, labels, keys and texts',
    async ({ store }) => {
      await assertUsersApart(store, [...loneSurrogates, '\ufffd'])
      await assertLabels(store, loneSurrogates)
      await assertData(store, [...loneSurrogates, '\ufffd'], loneSurrogates)
    },
  ],
  [
    'update writes or removes exactly the named key, and none that looks like it',
    async ({ store }) => {
      const data = pairKeysWithTexts(keys, ['"before"'])
      const record = await addRecord(store, { data })
      const { secretHash } = record
      for (const key of keys) {
        await store.update(record, { secretHash }, createChange({ set: Object.fromEntries([[key, '"after"']]) }))
        Object.defineProperty(data, key, { value: '"after"' })
        assert.deepEqual(
          new Map(Object.entries((await readRecord(store, record)).data)),
          new Map(Object.entries(data)),
          `after a change of ${JSON.stringify(key)}`,
        )
        await store.update(record, { secretHash }, createChange({ unset: [key] }))
        const left = new Map(Object.entries(data))
        left.delete(key)
        assert.deepEqual(
          new Map(Object.entries((await readRecord(store, record)).data)),
          left,
          `without ${JSON.stringify(key)}`,
        )
        await store.update(record, { secretHash }, createChange({ set: Object.fromEntries([[key, '"after"']]) }))
      }
    },
  ],
  [
    'a text of 1 MB comes back exactly, also after other keys have changed',
    async ({ store }) => {
      const big = JSON.stringify('😀\0'.repeat(150_000))
      const record = await addRecord(store, { data: { big, small: '1' } })
      const { secretHash } = record
      await assertBigData(store, record, { big, small: '1' })
      await store.update(record, { secretHash }, createChange({ set: { small: '2' } }))
      await assertBigData(store, record, { big, small: '2' })
      await store.update(
        record,
        { secretHash },
        createChange({ set: { big: `${big} `, other: big }, unset: ['small'] }),
      )
      await assertBigData(store, record, { big: `${big} `, other: big })
    },
  ],
]

type Store = Parameters<(typeof textChecks)[number][1]>[0]['store']

/** Checks data without deepEqual, which would print a difference of a megabyte. */
async function assertBigData(store: Store, record: SessionKey, data: Record<string, string>): Promise<void> {
  const found = (await readRecord(store, record)).data
  assert.deepEqual(Object.keys(found).toSorted(), Object.keys(data).toSorted())
  for (const [key, text] of Object.entries(data)) {
    assert(
      found[key] === text,
      `the text of ${key} came back changed, with ${found[key]?.length} characters instead of ${text.length}`,
    )
  }
}

async function assertUsersApart(store: Store, users: readonly string[]): Promise<void> {
  const records = users.map((userId) => newRecord({ userId }))
  for (const record of records) await assertCreate(store, record, 'created')
  for (const record of records) {
    await assertRecord(store, record)
    assert.deepEqual(await listSessionIds(store, record.userId!), [record.id], JSON.stringify(record.userId))
  }
}

async function assertLabels(store: Store, labels: readonly string[]): Promise<void> {
  const record = await addRecord(store)
  for (const label of labels) {
    await assertRecord(store, await addRecord(store, { label, userId: null }))
    await store.update(record, record, createChange({ label }))
    assert.equal((await readRecord(store, record)).label, label)
    assert.equal((await store.list('ada')).find(({ id }) => id === record.id)?.label, label)
  }
}

async function assertData(store: Store, keys: readonly string[], values: readonly string[]): Promise<void> {
  const record = await addRecord(store, { data: pairKeysWithTexts(keys, values) })
  await assertRecord(store, record)
  const { secretHash } = record
  for (let shift = 1; shift < values.length; shift++) {
    const change = createChange({ set: pairKeysWithTexts(keys, values, shift) })
    const version = await store.update(record, { secretHash }, change)
    const { lastSeenAt, expiresAt, set: data } = change
    await assertRecord(store, { ...record, version: version!, lastSeenAt, expiresAt, data })
  }
}
