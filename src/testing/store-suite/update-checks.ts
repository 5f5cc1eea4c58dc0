import assert from 'node:assert/strict'
import {
  addRecord,
  assertRecord,
  createChange,
  createDataChange,
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
      assert.equal(await store.update(record, { secretHash: record.secretHash }, change), 1)
      const { lastSeenAt, expiresAt } = change
      const now = { ...record, version: 1, lastSeenAt, expiresAt, data: { a: '1', b: '20', d: '4' } }
      await assertRecord(store, now)
      await assertRecord(other, now)
    },
  ],
  [
    'update raises the version by one for each change of the data',
    async ({ store, other }) => {
      const record = await addRecord(store, { version: 3 })
      const { secretHash } = record
      assert.equal(await store.update(record, { secretHash }, createDataChange('a', '1')), 4)
      assert.equal(
        await other.update(record, { secretHash }, createChange({ set: { a: '2', b: '2' }, unset: ['cart'] })),
        5,
      )
      assert.equal(await store.update(record, { secretHash }, createChange({ unset: ['a'] })), 6)
      assert.equal((await readRecord(other, record)).version, 6)
    },
  ],
  [
    'update keeps the version if no data changes',
    async ({ store }) => {
      const record = await addRecord(store, { version: 3 })
      const change = createChange({ label: 'Laptop', remember: false })
      assert.equal(await store.update(record, { secretHash: record.secretHash }, change), 3)
      const { lastSeenAt, expiresAt } = change
      await assertRecord(store, { ...record, lastSeenAt, expiresAt, label: 'Laptop', remember: false })
    },
  ],
  [
    'update sets the version that the change names, whether or not the data changes',
    async ({ store, other }) => {
      const record = await addRecord(store)
      const { secretHash } = record
      assert.equal(await store.update(record, { secretHash }, createChange({ set: { a: '1' }, version: 900 })), 900)
      const { lastSeenAt, expiresAt } = createChange()
      const now = { ...record, lastSeenAt, expiresAt, data: { ...record.data, a: '1' }, version: 900 }
      await assertRecord(other, now)
      assert.equal(await store.update(record, { secretHash }, createChange({ version: 2000 })), 2000)
      await assertRecord(other, { ...now, version: 2000 })
      assert.equal(
        await store.update(record, { secretHash }, createChange({ version: 3000, secretHash: 'renewed' })),
        3000,
      )
      await assertRecord(other, { ...now, version: 3000, secretHash: 'renewed' })
      assert.equal(await other.update(record, { secretHash: 'renewed' }, createDataChange('a', '2')), 3001)
    },
  ],
  [
    'update ignores a key to remove that does not exist',
    async ({ store }) => {
      const record = await addRecord(store)
      const { secretHash, data } = record
      const change = createChange({ set: { a: '1' }, unset: ['absent', 'constructor'] })
      assert.equal(await store.update(record, { secretHash }, change), 1)
      assert.deepEqual({ ...(await readRecord(store, record)).data }, { ...data, a: '1' })
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
        { idleTimeout: 60 },
        { idleTimeout: null },
        { absoluteTimeout: 3600 },
        { absoluteTimeout: null },
        { methods: [['passkey', tomorrow - 70]] as const },
        { methods: [] },
        {
          methods: [
            ['a.b:c-d_9', 0],
            ['M'.repeat(32), tomorrow],
          ] as const,
        },
        { secretHash: 'another' },
        { expiresAt: 1 + tomorrow, lastSeenAt: 0 },
      ]) {
        const before = await readRecord(store, record)
        const { lastSeenAt, expiresAt } = before
        assert.equal(
          await store.update(record, { secretHash: held }, createChange({ lastSeenAt, expiresAt, ...fields })),
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
      const nothing = {
        secretHash: undefined,
        signedInAt: undefined,
        remember: undefined,
        label: undefined,
        idleTimeout: undefined,
        absoluteTimeout: undefined,
        methods: undefined,
      }
      const { lastSeenAt, expiresAt } = createChange()
      await store.update(record, { secretHash: record.secretHash }, createChange(nothing))
      await assertRecord(store, { ...record, lastSeenAt, expiresAt })
      await store.update(record, { secretHash: record.secretHash, version: undefined }, createChange())
      await assertRecord(store, { ...record, lastSeenAt, expiresAt })
    },
  ],
]
