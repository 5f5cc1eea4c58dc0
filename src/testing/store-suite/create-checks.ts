import assert from 'node:assert/strict'
import {
  addRecord,
  assertEnding,
  assertRecord,
  endRecord,
  listSessionIds,
  newRecord,
  tomorrow,
  type StoreCheck,
} from './kit.ts'

export const createChecks: readonly StoreCheck[] = [
  [
    'gives back a record as it was created, to every process at once',
    async ({ store, other }) => {
      const record = await addRecord(store)
      await assertRecord(store, record)
      await assertRecord(other, record)
    },
  ],
  [
    'gives back what is null, false, zero or empty as that',
    async ({ store }) => {
      const guest = { userId: null, signedInAt: null, label: null, remember: false, data: {} }
      await assertRecord(store, await addRecord(store, guest))
      await assertRecord(store, await addRecord(store, { label: '', createdAt: 0, data: { '': '' } }))
    },
  ],
  [
    'keeps a version that began above zero',
    async ({ store }) => {
      await assertRecord(store, await addRecord(store, { version: 7 }))
    },
  ],
  [
    'finds nothing where there is nothing',
    async ({ store }) => {
      assert.equal(await store.read('nobody'), null)
    },
  ],
  [
    'refuses an id that a record has, and leaves that record as it is',
    async ({ store, other }) => {
      const record = await addRecord(store)
      const second = newRecord({ id: record.id, userId: 'eve', data: { cart: '[]' } })
      assert.equal(await store.create(second), false)
      assert.equal(await other.create(second), false)
      await assertRecord(store, record)
      assert.deepEqual(await listSessionIds(store, 'eve'), [])
    },
  ],
  [
    'refuses an id that an ending has: it is never live again',
    async ({ store, other }) => {
      const record = await addRecord(store)
      await endRecord(store, record.id)
      assert.equal(await store.create(record), false)
      assert.equal(await other.create(newRecord({ id: record.id })), false)
      await assertEnding(store, record.id)
      assert.deepEqual(await listSessionIds(store, 'ada'), [])
    },
  ],
  [
    'takes an id by which an end has found nothing',
    async ({ store }) => {
      const record = newRecord()
      assert.equal(await store.end(record.id, { ended: 'revoked', endedAt: 1, expiresAt: tomorrow }), false)
      assert.equal(await store.create(record), true)
      await assertRecord(store, record)
    },
  ],
  [
    'does the same for a caller who says when it stops waiting',
    async ({ store }) => {
      const record = newRecord()
      const until = Date.now() + 60_000
      const change = { set: {}, unset: [], lastSeenAt: tomorrow, expiresAt: tomorrow }
      assert.equal(await store.create(record, until), true)
      assert.equal(await store.update(record.id, record, change, until), 0)
      assert.notEqual(await store.end(record.id, { ended: 'revoked', endedAt: 1, expiresAt: tomorrow }, until), false)
    },
  ],
  [
    'gives back a record that has expired, or drops it for good',
    async ({ store }) => {
      const record = await addRecord(store, { expiresAt: Date.now() - 1000 })
      if ((await store.read(record.id)) !== null) return assertRecord(store, record)
      const later = { set: { cart: '[]' }, unset: [], lastSeenAt: tomorrow, expiresAt: tomorrow }
      assert.equal(await store.update(record.id, { secretHash: record.secretHash }, later), null)
      assert.equal(await store.read(record.id), null)
      return assert.equal(await store.end(record.id, { ended: 'revoked', endedAt: 1, expiresAt: tomorrow }), false)
    },
  ],
]
