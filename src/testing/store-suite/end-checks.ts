import assert from 'node:assert/strict'
import {
  addRecord,
  assertEnding,
  assertRecord,
  endRecord,
  listSessionIds,
  nobody,
  sampleEnding,
  tomorrow,
  type StoreCheck,
} from './kit.ts'

export const endChecks: readonly StoreCheck[] = [
  [
    'read returns the ending of an ended session, at once and in every process, without the record',
    async ({ store, other }) => {
      const record = await addRecord(store)
      assert.notEqual(await other.read(record), null)
      await endRecord(store, record)
      await assertEnding(store, record)
      await assertEnding(other, record)
      const revoked = { ended: 'revoked', endedAt: 0, expiresAt: tomorrow } as const
      const guest = await addRecord(store, { userId: null })
      await endRecord(other, guest, revoked)
      await assertEnding(store, guest, revoked)
    },
  ],
  [
    'only the first end counts: its ending remains, and later calls resolve to false',
    async ({ store, other }) => {
      const record = await addRecord(store)
      await endRecord(store, record)
      const again = { ended: 'revoked', endedAt: tomorrow, expiresAt: tomorrow + 9 } as const
      assert.equal(await store.end(record, again), false)
      assert.equal(await other.end(record, again), false)
      await assertEnding(store, record)
    },
  ],
  [
    'end of an unknown id resolves to false and writes nothing',
    async ({ store }) => {
      assert.equal(await store.end(nobody, sampleEnding), false)
      assert.equal(await store.read(nobody), null)
    },
  ],
  [
    'end leaves all other sessions unchanged',
    async ({ store }) => {
      const [first, second, third] = [await addRecord(store), await addRecord(store), await addRecord(store)]
      await endRecord(store, second)
      await assertRecord(store, first)
      await assertRecord(store, third)
      assert.deepEqual(await listSessionIds(store, 'ada'), [first.id, third.id].toSorted())
    },
  ],
  [
    'an ending that has expired may be dropped at once, but the record must not remain',
    async ({ store }) => {
      const record = await addRecord(store)
      const { secretHash } = record
      const brief = { ended: 'signed-out', endedAt: Date.now() - 2000, expiresAt: Date.now() - 1000 } as const
      await endRecord(store, record, brief)
      if ((await store.read(record)) !== null) await assertEnding(store, record, brief)
      const change = { set: {}, unset: [], lastSeenAt: tomorrow, expiresAt: tomorrow }
      assert.equal(await store.update(record, { secretHash }, change), null)
      assert.equal(await store.end(record, sampleEnding), false)
      assert.deepEqual(await listSessionIds(store, 'ada'), [])
    },
  ],
]
