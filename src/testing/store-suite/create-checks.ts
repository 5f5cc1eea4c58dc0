import assert from 'node:assert/strict'
import {
  addRecord,
  assertCreate,
  assertEnding,
  assertLive,
  assertRecord,
  endRecord,
  newRecord,
  nobody,
  sampleEnding,
  sleep,
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
      const none = { idleTimeout: null, absoluteTimeout: null, methods: [] }
      const guest = { userId: null, signedInAt: null, label: null, remember: false, data: {}, ...none }
      await assertRecord(store, await addRecord(store, guest))
      await assertRecord(store, await addRecord(store, { label: '', createdAt: 0, data: { '': '' } }))
      await assertRecord(store, await addRecord(store, { ...none, idleTimeout: 1, methods: [['a', 0]] }))
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
      assert.equal(await store.read(nobody), null)
      assert.equal(await store.read({ ...nobody, userId: null }), null)
    },
  ],
  [
    'create resolves to `taken` if a record has the id, and does not change that record',
    async ({ store, other }) => {
      const [record, guest] = [await addRecord(store), await addRecord(store, { userId: null, signedInAt: null })]
      for (const { id, userId } of [record, guest]) {
        const second = newRecord({ id, userId, data: { cart: '[]' } })
        await assertCreate(store, second, 'taken')
        await assertCreate(other, second, 'taken')
      }
      await assertRecord(store, record)
      await assertRecord(store, guest)
      await assertLive(store, 'ada', [record])
    },
  ],
  [
    'create resolves to `taken` if the id has an ending: an ended id is never live again',
    async ({ store, other }) => {
      const [record, guest] = [await addRecord(store), await addRecord(store, { userId: null, signedInAt: null })]
      for (const ended of [record, guest]) {
        await endRecord(store, ended)
        await assertCreate(store, ended, 'taken')
        await assertCreate(other, newRecord({ id: ended.id, userId: ended.userId }), 'taken')
        await assertEnding(store, ended)
      }
      await assertLive(store, 'ada', [])
    },
  ],
  [
    'end of an unknown id does not prevent a later create of that id',
    async ({ store }) => {
      const record = newRecord()
      assert.equal(await store.end(record, { ended: 'revoked', endedAt: 1, expiresAt: tomorrow }), false)
      await assertCreate(store, record, 'created')
      await assertRecord(store, record)
    },
  ],
  [
    'create checks `taken`, then `cut-off`, then `full`, and changes nothing if it resolves to one of them',
    async ({ store }) => {
      await store.endAll('ada', sampleEnding)
      const [live, ended] = [await addRecord(store), await addRecord(store)]
      await endRecord(store, ended)
      for (const ending of [null, { ...sampleEnding, ended: 'limit' as const }]) {
        const options = { openedAt: performance.now() - 60_000, limit: { max: 1, ending } }
        await assertCreate(store, newRecord({ id: live.id }), 'taken', options)
        await assertCreate(store, newRecord({ id: ended.id }), 'taken', options)
        const another = newRecord()
        await assertCreate(store, another, 'cut-off', options)
        assert.equal(await store.read(another), null, 'a record that was cut off must not be added')
        await assertLive(store, 'ada', [live])
      }
      await sleep(20)
      await assertCreate(store, newRecord(), 'full', {
        openedAt: performance.now() - 5,
        limit: { max: 1, ending: null },
      })
      await assertRecord(store, live)
      await assertEnding(store, ended)
    },
  ],
  [
    'a guest’s record has no conditions',
    async ({ store }) => {
      const fields = { userId: null, signedInAt: null }
      const options = { openedAt: performance.now() - 60_000, beganAt: 1, limit: { max: 1, ending: null } }
      await store.endAll('ada', sampleEnding)
      await store.endAll('null', sampleEnding)
      for (const record of [newRecord(fields), newRecord({ ...fields, id: 'ada' }), newRecord(fields)]) {
        await assertCreate(store, record, 'created', options)
        await assertRecord(store, record)
      }
    },
  ],
  [
    'create, update, end and endAll do the same if `until` is passed',
    async ({ store }) => {
      const record = newRecord()
      const until = Date.now() + 60_000
      const change = { set: {}, unset: [], lastSeenAt: tomorrow, expiresAt: tomorrow }
      assert.equal((await store.create(record, undefined, until)).result, 'created')
      assert.equal((await store.create(newRecord(), { openedAt: performance.now() - 1 }, until)).result, 'created')
      assert.equal(await store.update(record, record, change, until), 0)
      assert.notEqual(await store.end(record, sampleEnding, until), false)
      assert.equal((await store.endAll('ada', sampleEnding, null, until)).ended.length, 1)
    },
  ],
  [
    'an expired record is returned unchanged, or is gone for good',
    async ({ store }) => {
      const record = await addRecord(store, { expiresAt: Date.now() - 1000 })
      if ((await store.read(record)) !== null) return assertRecord(store, record)
      const later = { set: { cart: '[]' }, unset: [], lastSeenAt: tomorrow, expiresAt: tomorrow }
      assert.equal(await store.update(record, { secretHash: record.secretHash }, later), null)
      assert.equal(await store.read(record), null)
      return assert.equal(await store.end(record, sampleEnding), false)
    },
  ],
]
