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
    'read returns a record exactly as created, at once and in every process',
    async ({ store, other }) => {
      const record = await addRecord(store)
      await assertRecord(store, record)
      await assertRecord(other, record)
    },
  ],
  [
    'null, false, zero and empty values come back unchanged',
    async ({ store }) => {
      const guest = { userId: null, signedInAt: null, label: null, remember: false, data: {} }
      await assertRecord(store, await addRecord(store, guest))
      await assertRecord(store, await addRecord(store, { label: '', createdAt: 0, data: { '': '' } }))
    },
  ],
  [
    'create keeps a version above zero',
    async ({ store }) => {
      await assertRecord(store, await addRecord(store, { version: 7 }))
    },
  ],
  [
    'read of an unknown id resolves to null',
    async ({ store }) => {
      assert.equal(await store.read('nobody'), null)
    },
  ],
  [
    'create resolves to false if a record has the id, and does not change that record',
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
    'create resolves to false if the id has an ending: an ended id is never live again',
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
    'end of an unknown id does not prevent a later create of that id',
    async ({ store }) => {
      const record = newRecord()
      assert.equal(await store.end(record.id, { ended: 'revoked', endedAt: 1, expiresAt: tomorrow }), false)
      assert.equal(await store.create(record), true)
      await assertRecord(store, record)
    },
  ],
  [
    'create, update and end do the same if `until` is passed',
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
    'an expired record is returned unchanged, or is gone for good',
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
