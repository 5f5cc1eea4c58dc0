import assert from 'node:assert/strict'
import {
  created,
  end,
  holds,
  holdsEnding,
  listedIds,
  readRecord,
  tomorrow,
  touch,
  write,
  type StoreCheck,
} from './kit.ts'

export const changing: readonly StoreCheck[] = [
  [
    'writes the changed keys and leaves all others as they are',
    async ({ store, other }) => {
      const record = await created(store, { data: { a: '1', b: '2', c: '3' } })
      await holds(other, record)
      const change = touch({ set: { b: '20', d: '4' }, unset: ['c'] })
      assert.equal(await store.update(record.id, { secretHash: record.secretHash }, change), 1)
      const { lastSeenAt, expiresAt } = change
      const now = { ...record, version: 1, lastSeenAt, expiresAt, data: { a: '1', b: '20', d: '4' } }
      await holds(store, now)
      await holds(other, now)
    },
  ],
  [
    'raises the version by one with every change of the data',
    async ({ store, other }) => {
      const { id, secretHash } = await created(store, { version: 3 })
      assert.equal(await store.update(id, { secretHash }, write('a', '1')), 4)
      assert.equal(await other.update(id, { secretHash }, touch({ set: { a: '2', b: '2' }, unset: ['cart'] })), 5)
      assert.equal(await store.update(id, { secretHash }, touch({ unset: ['a'] })), 6)
      assert.equal((await readRecord(other, id)).version, 6)
    },
  ],
  [
    'leaves the version where only fields change',
    async ({ store }) => {
      const record = await created(store, { version: 3 })
      const change = touch({ label: 'Laptop', remember: false })
      assert.equal(await store.update(record.id, { secretHash: record.secretHash }, change), 3)
      const { lastSeenAt, expiresAt } = change
      await holds(store, { ...record, lastSeenAt, expiresAt, label: 'Laptop', remember: false })
    },
  ],
  [
    'takes on the version that a change names, whether or not the data changes with it',
    async ({ store, other }) => {
      const record = await created(store)
      const { id, secretHash } = record
      assert.equal(await store.update(id, { secretHash }, touch({ set: { a: '1' }, version: 900 })), 900)
      const { lastSeenAt, expiresAt } = touch()
      const now = { ...record, lastSeenAt, expiresAt, data: { ...record.data, a: '1' }, version: 900 }
      await holds(other, now)
      assert.equal(await store.update(id, { secretHash }, touch({ version: 2000 })), 2000)
      await holds(other, { ...now, version: 2000 })
      assert.equal(await store.update(id, { secretHash }, touch({ version: 3000, secretHash: 'renewed' })), 3000)
      await holds(other, { ...now, version: 3000, secretHash: 'renewed' })
      assert.equal(await other.update(id, { secretHash: 'renewed' }, write('a', '2')), 3001)
    },
  ],
  [
    'removes a key that is not there without an error',
    async ({ store }) => {
      const { id, secretHash, data } = await created(store)
      const change = touch({ set: { a: '1' }, unset: ['absent', 'constructor'] })
      assert.equal(await store.update(id, { secretHash }, change), 1)
      assert.deepEqual({ ...(await readRecord(store, id)).data }, { ...data, a: '1' })
    },
  ],
  [
    'changes each field that a change names',
    async ({ store }) => {
      const record = await created(store, { remember: false })
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
          await store.update(record.id, { secretHash: held }, touch({ lastSeenAt, expiresAt, ...fields })),
          0,
        )
        await holds(store, { ...before, ...fields })
        held = fields.secretHash ?? held
      }
    },
  ],
  [
    'leaves each field that a change does not name',
    async ({ store }) => {
      const record = await created(store)
      const nothing = { secretHash: undefined, signedInAt: undefined, remember: undefined, label: undefined }
      const { lastSeenAt, expiresAt } = touch()
      await store.update(record.id, { secretHash: record.secretHash }, touch(nothing))
      await holds(store, { ...record, lastSeenAt, expiresAt })
      await store.update(record.id, { secretHash: record.secretHash, version: undefined }, touch())
      await holds(store, { ...record, lastSeenAt, expiresAt })
    },
  ],
  [
    'changes nothing for who holds another secret',
    async ({ store }) => {
      const record = await created(store)
      for (const secretHash of ['', 'another', record.secretHash.toUpperCase()]) {
        assert.equal(await store.update(record.id, { secretHash }, write('cart', '[]')), null)
        assert.equal(await store.update(record.id, { secretHash, version: 0 }, touch({ label: 'x' })), null)
      }
      await holds(store, record)
    },
  ],
  [
    'changes nothing for who holds the secret from before a renewal',
    async ({ store, other }) => {
      const { id, secretHash } = await created(store)
      assert.equal(await other.update(id, { secretHash }, touch({ secretHash: 'renewed' })), 0)
      const renewed = await readRecord(store, id)
      assert.equal(await store.update(id, { secretHash }, write('cart', '[]')), null)
      await holds(store, renewed)
      assert.equal(await store.update(id, { secretHash: 'renewed' }, write('cart', '[]')), 1)
    },
  ],
  [
    'changes nothing for who holds another version, if they hold one',
    async ({ store }) => {
      const record = await created(store, { version: 5 })
      const { id, secretHash } = record
      for (const version of [0, 4, 6]) {
        assert.equal(await store.update(id, { secretHash, version }, write('cart', '[]')), null)
        assert.equal(await store.update(id, { secretHash, version }, touch({ label: 'x' })), null)
      }
      await holds(store, record)
      assert.equal(await store.update(id, { secretHash, version: 5 }, write('cart', '[]')), 6)
      assert.equal(await store.update(id, { secretHash }, write('cart', '["tea"]')), 7)
    },
  ],
  [
    'makes no record by a change: what is missing stays missing',
    async ({ store }) => {
      assert.equal(await store.update('nobody', { secretHash: 'x' }, write('cart', '[]')), null)
      assert.equal(await store.update('nobody', { secretHash: 'x', version: 0 }, touch()), null)
      assert.equal(await store.read('nobody'), null)
      assert.deepEqual(await listedIds(store, 'ada'), [])
    },
  ],
  [
    'revives nothing by a change: what ended stays ended',
    async ({ store, other }) => {
      const { id, secretHash } = await created(store)
      await end(store, id)
      for (const held of [{ secretHash }, { secretHash, version: 0 }, { secretHash: '' }]) {
        assert.equal(await store.update(id, held, write('cart', '[]')), null)
        assert.equal(await other.update(id, held, touch()), null)
      }
      await holdsEnding(store, id)
      assert.deepEqual(await listedIds(store, 'ada'), [])
    },
  ],
]
