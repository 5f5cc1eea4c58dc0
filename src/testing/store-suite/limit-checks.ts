import assert from 'node:assert/strict'
import type { Ending, SessionLimit } from '../../stores/store.ts'
import {
  addRecord,
  assertCreate,
  assertEnding,
  assertLive,
  assertRecord,
  createDataChange,
  endRecord,
  newRecord,
  sampleEnding,
  tomorrow,
  type StoreCheck,
} from './kit.ts'

const limitEnding: Ending = { ...sampleEnding, ended: 'limit' }
const limitOf = (max: number): { limit: SessionLimit } => ({ limit: { max, ending: limitEnding } })
const refusingLimitOf = (max: number): { limit: SessionLimit } => ({ limit: { max, ending: null } })
const guest = { userId: null, signedInAt: null }

export const limitChecks: readonly StoreCheck[] = [
  [
    'a limit ends the sessions that began first, as many as exceed it, and create resolves to their ids',
    async ({ store, other }) => {
      const began = (day: number) => ({ createdAt: day, signedInAt: 10 - day, lastSeenAt: tomorrow - day })
      const third = await addRecord(store, began(3))
      const first = await addRecord(store, began(1))
      const second = await addRecord(other, began(2))
      const fourth = newRecord(began(4))
      await assertCreate(other, fourth, 'created', limitOf(3), [first.id])
      await assertEnding(store, first, limitEnding)
      await assertLive(store, 'ada', [second, third, fourth])
      const fifth = newRecord(began(5))
      await assertCreate(store, fifth, 'created', limitOf(2), [second.id, third.id])
      await assertLive(other, 'ada', [fourth, fifth])
      await assertRecord(other, fifth)
      // Only the others end, also if the new session began first.
      const adopted = newRecord(began(0))
      await assertCreate(store, adopted, 'created', limitOf(1), [fourth.id, fifth.id])
      await assertLive(other, 'ada', [adopted])
    },
  ],
  [
    'a session that a limit ended stays ended: `limit`',
    async ({ store, other }) => {
      const record = await addRecord(store)
      await assertCreate(store, newRecord(), 'created', limitOf(1), [record.id])
      await assertEnding(other, record, limitEnding)
      const { secretHash } = record
      assert.equal(await other.update(record, { secretHash }, createDataChange('a', '1')), null)
      assert.equal(await other.end(record, sampleEnding), false)
      await assertCreate(other, record, 'taken', limitOf(1))
      await assertEnding(store, record, limitEnding)
    },
  ],
  [
    'a limit that is not exceeded ends no session',
    async ({ store }) => {
      const records = [await addRecord(store), await addRecord(store)]
      for (const max of [3, 1000]) {
        const record = newRecord()
        await assertCreate(store, record, 'created', limitOf(max))
        records.push(record)
      }
      await assertLive(store, 'ada', records)
    },
  ],
  [
    'a limit without an ending refuses the record (`full`), and ends no session',
    async ({ store, other }) => {
      const records = [newRecord(), newRecord()]
      for (const record of records) await assertCreate(store, record, 'created', refusingLimitOf(2))
      for (const max of [1, 2]) {
        const record = newRecord()
        await assertCreate(other, record, 'full', refusingLimitOf(max))
        assert.equal(await other.read(record), null, 'a record that was refused must not be added')
      }
      await assertLive(store, 'ada', records)
      await endRecord(store, records[0]!)
      await assertCreate(other, newRecord(), 'created', refusingLimitOf(2))
    },
  ],
  [
    'sessions that have ended, or expired before the new record’s `lastSeenAt`, do not count',
    async ({ store }) => {
      const lastSeenAt = tomorrow + 50_000
      const expired = await addRecord(store, { expiresAt: tomorrow + 1000, createdAt: 1 })
      await endRecord(store, await addRecord(store, { createdAt: 2 }))
      await endRecord(store, await addRecord(store, { createdAt: 2 }))
      const live = await addRecord(store, { expiresAt: tomorrow + 90_000, createdAt: 3 })
      await assertCreate(store, newRecord({ lastSeenAt, expiresAt: tomorrow + 90_000 }), 'created', limitOf(2))
      await assertRecord(store, expired)
      await assertRecord(store, live)
      await assertCreate(store, newRecord({ lastSeenAt }), 'full', refusingLimitOf(2))
      // By the clock of this record, the first session lives.
      await assertCreate(store, newRecord({ lastSeenAt: tomorrow }), 'full', refusingLimitOf(3))
      await assertCreate(store, newRecord({ lastSeenAt: tomorrow }), 'created', limitOf(3), [expired.id])
    },
  ],
  [
    "a limit counts no session of another user, and no guest's",
    async ({ store }) => {
      const others = [
        await addRecord(store, { userId: 'eve' }),
        await addRecord(store, guest),
        await addRecord(store, guest),
      ]
      const records = [newRecord(), newRecord()]
      for (const record of records) await assertCreate(store, record, 'created', refusingLimitOf(2))
      await assertCreate(store, newRecord({ userId: 'bob' }), 'created', limitOf(1))
      for (const each of [...others, ...records]) await assertRecord(store, each)
    },
  ],
]
