import assert from 'node:assert/strict'
import {
  addRecord,
  assertEnding,
  assertRecord,
  createChange,
  createDataChange,
  endRecord,
  listSessionIds,
  readRecord,
  tomorrow,
  type StoreCheck,
} from './kit.ts'

export const updateChecks: readonly StoreCheck[] = [
  [
    'update writes the changed keys and leaves all others unchanged',
    async ({ store, other }) => {
      const record = await addRecord(store, { data: { a: '1', b: '2', c: '3' } })
      await assertRecord(other, record)
      const change = createChange({ set: { b: '20', d: '4' }, unset: ['c'] })
      assert.equal(await store.update(record.id, { secretHash: record.secretHash }, change), 1)
      const { lastSeenAt, expiresAt } = change
      const now = { ...record, version: 1, lastSeenAt, expiresAt, data: { a: '1', b: '20', d: '4' } }
      await assertRecord(store, now)
      await assertRecord(other, now)
    },
  ],
  [
    'update raises the version by one for each change of the data',
    async ({ store, other }) => {
      const { id, secretHash } = await addRecord(store, { version: 3 })
      assert.equal(await store.update(id, { secretHash }, createDataChange('a', '1')), 4)
      assert.equal(
        await other.update(id, { secretHash }, createChange({ set: { a: '2', b: '2' }, unset: ['cart'] })),
        5,
      )
      assert.equal(await store.update(id, { secretHash }, createChange({ unset: ['a'] })), 6)
      assert.equal((await readRecord(other, id)).version, 6)
    },
  ],
  [
    'update keeps the version if no data changes',
    async ({ store }) => {
      const record = await addRecord(store, { version: 3 })
      const change = createChange({ label: 'Laptop', remember: false })
      assert.equal(await store.update(record.id, { secretHash: record.secretHash }, change), 3)
      const { lastSeenAt, expiresAt } = change
      await assertRecord(store, { ...record, lastSeenAt, expiresAt, label: 'Laptop', remember: false })
    },
  ],
  [
    'update sets the version that the change names, whether or not the data changes',
    async ({ store, other }) => {
      const record = await addRecord(store)
      const { id, secretHash } = record
      assert.equal(await store.update(id, { secretHash }, createChange({ set: { a: '1' }, version: 900 })), 900)
      const { lastSeenAt, expiresAt } = createChange()
      const now = { ...record, lastSeenAt, expiresAt, data: { ...record.data, a: '1' }, version: 900 }
      await assertRecord(other, now)
      assert.equal(await store.update(id, { secretHash }, createChange({ version: 2000 })), 2000)
      await assertRecord(other, { ...now, version: 2000 })
      assert.equal(await store.update(id, { secretHash }, createChange({ version: 3000, secretHash: 'renewed' })), 3000)
      await assertRecord(other, { ...now, version: 3000, secretHash: 'renewed' })
      assert.equal(await other.update(id, { secretHash: 'renewed' }, createDataChange('a', '2')), 3001)
    },
  ],
  [
    'update ignores a key to remove that does not exist',
    async ({ store }) => {
      const { id, secretHash, data } = await addRecord(store)
      const change = createChange({ set: { a: '1' }, unset: ['absent', 'constructor'] })
      assert.equal(await store.update(id, { secretHash }, change), 1)
      assert.deepEqual({ ...(await readRecord(store, id)).data }, { ...data, a: '1' })
    },
  ],
  [
    'update changes every field that the change names',
    async ({ store }) => {
      const record = await addRecord(store, { remember: false })
      let held = record.secretHash
      for (const fields of [
        { signedInAt: tomorrow - 77 },
        { remember: true },
        { remember: false },
        { label: 'Laptop' },
        { label: '' },
        { label: null },
        { secretHash: 'another' },
        { expiresAt: 1 + tomorrow, lastSeenAt: 0 },
      ]) {
        const before = await readRecord(store, record.id)
        const { lastSeenAt, expiresAt } = before
        assert.equal(
          await store.update(record.id, { secretHash: held }, createChange({ lastSeenAt, expiresAt, ...fields })),
          0,
        )
        await assertRecord(store, { ...before, ...fields })
        held = fields.secretHash ?? held
      }
    },
  ],
  [
    'update leaves every field unchanged that the change does not name',
    async ({ store }) => {
      const record = await addRecord(store)
      const nothing = { secretHash: undefined, signedInAt: undefined, remember: undefined, label: undefined }
      const { lastSeenAt, expiresAt } = createChange()
      await store.update(record.id, { secretHash: record.secretHash }, createChange(nothing))
      await assertRecord(store, { ...record, lastSeenAt, expiresAt })
      await store.update(record.id, { secretHash: record.secretHash, version: undefined }, createChange())
      await assertRecord(store, { ...record, lastSeenAt, expiresAt })
    },
  ],
  [
    'update writes nothing and resolves to null if the secret hash is wrong',
    async ({ store }) => {
      const record = await addRecord(store)
      for (const secretHash of ['', 'another', record.secretHash.toUpperCase()]) {
        assert.equal(await store.update(record.id, { secretHash }, createDataChange('cart', '[]')), null)
        assert.equal(await store.update(record.id, { secretHash, version: 0 }, createChange({ label: 'x' })), null)
      }
      await assertRecord(store, record)
    },
  ],
  [
    'update writes nothing and resolves to null if a renewal has replaced the secret',
    async ({ store, other }) => {
      const { id, secretHash } = await addRecord(store)
      assert.equal(await other.update(id, { secretHash }, createChange({ secretHash: 'renewed' })), 0)
      const renewed = await readRecord(store, id)
      assert.equal(await store.update(id, { secretHash }, createDataChange('cart', '[]')), null)
      await assertRecord(store, renewed)
      assert.equal(await store.update(id, { secretHash: 'renewed' }, createDataChange('cart', '[]')), 1)
    },
  ],
  [
    'update writes nothing and resolves to null if it expects another version',
    async ({ store }) => {
      const record = await addRecord(store, { version: 5 })
      const { id, secretHash } = record
      for (const version of [0, 4, 6]) {
        assert.equal(await store.update(id, { secretHash, version }, createDataChange('cart', '[]')), null)
        assert.equal(await store.update(id, { secretHash, version }, createChange({ label: 'x' })), null)
      }
      await assertRecord(store, record)
      assert.equal(await store.update(id, { secretHash, version: 5 }, createDataChange('cart', '[]')), 6)
      assert.equal(await store.update(id, { secretHash }, createDataChange('cart', '["tea"]')), 7)
    },
  ],
  [
    'update never creates a record: an unknown id stays unknown',
    async ({ store }) => {
      assert.equal(await store.update('nobody', { secretHash: 'x' }, createDataChange('cart', '[]')), null)
      assert.equal(await store.update('nobody', { secretHash: 'x', version: 0 }, createChange()), null)
      assert.equal(await store.read('nobody'), null)
      assert.deepEqual(await listSessionIds(store, 'ada'), [])
    },
  ],
  [
    'update never revives a session that has ended',
    async ({ store, other }) => {
      const { id, secretHash } = await addRecord(store)
      await endRecord(store, id)
      for (const held of [{ secretHash }, { secretHash, version: 0 }, { secretHash: '' }]) {
        assert.equal(await store.update(id, held, createDataChange('cart', '[]')), null)
        assert.equal(await other.update(id, held, createChange()), null)
      }
      await assertEnding(store, id)
      assert.deepEqual(await listSessionIds(store, 'ada'), [])
    },
  ],
]
