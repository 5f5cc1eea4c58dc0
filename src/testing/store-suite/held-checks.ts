import assert from 'node:assert/strict'
import {
  addRecord,
  assertEnding,
  assertRecord,
  createChange,
  createDataChange,
  endRecord,
  listSessionIds,
  nobody,
  readRecord,
  tomorrow,
  type StoreCheck,
} from './kit.ts'

/** Conditions of an update. */
export const heldChecks: readonly StoreCheck[] = [
  [
    'update writes nothing and resolves to null if the secret hash is wrong',
    async ({ store }) => {
      const record = await addRecord(store)
      for (const secretHash of ['', 'another', record.secretHash.toUpperCase()]) {
        assert.equal(await store.update(record, { secretHash }, createDataChange('cart', '[]')), null)
        assert.equal(await store.update(record, { secretHash, version: 0 }, createChange({ label: 'x' })), null)
      }
      await assertRecord(store, record)
    },
  ],
  [
    'update writes nothing and resolves to null if a renewal has replaced the secret',
    async ({ store, other }) => {
      const record = await addRecord(store)
      const { secretHash } = record
      assert.equal(await other.update(record, { secretHash }, createChange({ secretHash: 'renewed' })), 0)
      const renewed = await readRecord(store, record)
      assert.equal(await store.update(record, { secretHash }, createDataChange('cart', '[]')), null)
      await assertRecord(store, renewed)
      assert.equal(await store.update(record, { secretHash: 'renewed' }, createDataChange('cart', '[]')), 1)
    },
  ],
  [
    'update writes nothing and resolves to null if it expects another version',
    async ({ store }) => {
      const record = await addRecord(store, { version: 5 })
      const { secretHash } = record
      for (const version of [0, 4, 6]) {
        assert.equal(await store.update(record, { secretHash, version }, createDataChange('cart', '[]')), null)
        assert.equal(await store.update(record, { secretHash, version }, createChange({ label: 'x' })), null)
      }
      await assertRecord(store, record)
      assert.equal(await store.update(record, { secretHash, version: 5 }, createDataChange('cart', '[]')), 6)
      assert.equal(await store.update(record, { secretHash }, createDataChange('cart', '["tea"]')), 7)
    },
  ],
  [
    'update does the same if it gets the record that the caller has read (`held.record`), also if that is outdated',
    async ({ store, other }) => {
      const outdated = await addRecord(store, { data: { a: '1', b: '1' } })
      const { secretHash } = outdated
      const changed = { label: null, methods: [], idleTimeout: null, signedInAt: 7, expiresAt: tomorrow + 9000 }
      await other.update(outdated, { secretHash }, createChange({ set: { b: '2', c: '2' }, unset: ['a'], ...changed }))
      const { lastSeenAt, expiresAt } = createChange()
      const change = createChange({ set: { d: '3' } })
      assert.equal(await store.update(outdated, { secretHash, record: outdated }, change), 2)
      const now = { ...outdated, ...changed, lastSeenAt, expiresAt, version: 2, data: { b: '2', c: '2', d: '3' } }
      await assertRecord(other, now)

      const held = { secretHash, record: outdated }
      assert.equal(await store.update(outdated, { ...held, version: 0 }, createDataChange('e', '4')), null)
      assert.equal(await store.update(outdated, { ...held, record: now, version: 2 }, createDataChange('e', '4')), 3)
      assert.equal(await other.update(outdated, { secretHash }, createChange({ secretHash: 'renewed' })), 3)
      assert.equal(await store.update(outdated, held, createDataChange('e', '5')), null)
      await endRecord(other, outdated)
      for (const hash of [secretHash, 'renewed']) {
        const late = { secretHash: hash, record: { ...now, secretHash: hash } }
        assert.equal(await store.update(outdated, late, createDataChange('e', '5')), null)
      }
      await assertEnding(store, outdated)
    },
  ],
  [
    'update never creates a record: an unknown id stays unknown',
    async ({ store }) => {
      assert.equal(await store.update(nobody, { secretHash: 'x' }, createDataChange('cart', '[]')), null)
      assert.equal(await store.update(nobody, { secretHash: 'x', version: 0 }, createChange()), null)
      assert.equal(await store.read(nobody), null)
      assert.deepEqual(await listSessionIds(store, 'ada'), [])
    },
  ],
  [
    'update never revives a session that has ended',
    async ({ store, other }) => {
      const record = await addRecord(store)
      const { secretHash } = record
      await endRecord(store, record)
      for (const held of [{ secretHash }, { secretHash, version: 0 }, { secretHash: '' }]) {
        assert.equal(await store.update(record, held, createDataChange('cart', '[]')), null)
        assert.equal(await other.update(record, held, createChange()), null)
      }
      await assertEnding(store, record)
      assert.deepEqual(await listSessionIds(store, 'ada'), [])
    },
  ],
]
