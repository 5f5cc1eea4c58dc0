import assert from 'node:assert/strict'
import { isEnding, type Ending } from '../../stores/store.ts'
import {
  addRecord,
  assertCreate,
  assertEndAll,
  assertEnding,
  assertLive,
  assertRecord,
  createDataChange,
  endRecord,
  newRecord,
  runConcurrently,
  sampleEnding,
  tomorrow,
  type StoreCheck,
} from './kit.ts'

const revoked: Ending = { ...sampleEnding, ended: 'revoked' }
const guest = { userId: null, signedInAt: null }

export const endAllChecks: readonly StoreCheck[] = [
  [
    'endAll ends all sessions of a user but `except`, in every process, and resolves to their ids',
    async ({ store, other }) => {
      const [first, spared, second] = [await addRecord(store), await addRecord(other), await addRecord(store)]
      assert.notEqual(await other.read(first), null)
      const options = { except: { id: spared.id }, ending: revoked }
      await assertEndAll(store, 'ada', { isDone: true, ended: [first, second] }, options)
      for (const record of [first, second]) {
        await assertEnding(other, record, revoked)
        const { secretHash } = record
        assert.equal(await store.update(record, { secretHash }, createDataChange('a', '1')), null)
        assert.equal(await store.end(record, sampleEnding), false)
        await assertCreate(store, record, 'taken')
        await assertEnding(store, record, revoked)
      }
      await assertRecord(other, spared)
      await assertLive(other, 'ada', [spared])
      await assertEndAll(other, 'ada', { isDone: true, ended: [] }, options)
      await assertEndAll(other, 'ada', { isDone: true, ended: [spared] }, { ending: revoked })
      await assertEnding(store, spared, revoked)
    },
  ],
  [
    'endAll ends every session without `except`, also if there are many',
    async ({ store, other }) => {
      const records = await runConcurrently(600, () => addRecord(store))
      await assertEndAll(other, 'ada', { isDone: true, ended: records }, { except: null })
      await assertLive(store, 'ada', [])
      await assertEnding(store, records[0]!)
      await assertEnding(store, records.at(-1)!)
    },
  ],
  [
    "endAll ends no session of another user, and no guest's",
    async ({ store }) => {
      const others = await Promise.all(
        ['eve', 'Ada', 'ada ', 'ad', 'null', '*', '%', '_da', '__proto__'].map((userId) =>
          addRecord(store, { userId }),
        ),
      )
      const guests = [await addRecord(store, guest), await addRecord(store, { ...guest, id: 'ada' })]
      const record = await addRecord(store)
      await assertEndAll(store, 'nobody', { isDone: true, ended: [] })
      await assertEndAll(store, 'ada', { isDone: true, ended: [record] })
      for (const each of [...others, ...guests]) await assertRecord(store, each)
      await assertEndAll(store, 'null', { isDone: true, ended: others.filter(({ userId }) => userId === 'null') })
      for (const each of guests) await assertRecord(store, each)
      for (const { userId } of others) {
        const isCutOff = userId === 'null'
        await assertCreate(store, newRecord({ userId }), isCutOff ? 'cut-off' : 'created', {
          openedAt: performance.now() - 60_000,
        })
      }
    },
  ],
  [
    'endAll leaves endings as they are',
    async ({ store }) => {
      const [ended, live] = [await addRecord(store), await addRecord(store)]
      await endRecord(store, ended)
      await assertEndAll(store, 'ada', { isDone: true, ended: [live] }, { ending: revoked })
      await assertEnding(store, ended, sampleEnding)
      await assertEnding(store, live, revoked)
    },
  ],
  [
    'endAll ends sessions that have expired by the ending’s `endedAt`, and does not resolve to their ids',
    async ({ store }) => {
      const ending = { ...revoked, endedAt: tomorrow + 1000, expiresAt: tomorrow + 9000 }
      const [expired, live] = [
        await addRecord(store, { expiresAt: tomorrow }),
        await addRecord(store, { expiresAt: tomorrow + 5000 }),
      ]
      const longAgo = await addRecord(store, { expiresAt: Date.now() - 1000 })
      await assertEndAll(store, 'ada', { isDone: true, ended: [live] }, { ending })
      for (const record of [expired, longAgo]) {
        const found = await store.read(record)
        assert(found === null || isEnding(found), 'a session that has expired must not be live after endAll')
      }
      await assertEnding(store, expired, ending)
      await assertLive(store, 'ada', [])
    },
  ],
  [
    'endAll does nothing if `except` has ended, has no record, or is not the user’s',
    async ({ store, other }) => {
      const [ended, evesSession, guestsSession] = [
        await addRecord(store),
        await addRecord(store, { userId: 'eve' }),
        await addRecord(store, guest),
      ]
      await endRecord(store, ended)
      const live = [await addRecord(store), await addRecord(store)]
      for (const { id } of [ended, evesSession, guestsSession, newRecord()]) {
        await assertEndAll(other, 'ada', { isDone: false, ended: [] }, { except: { id } })
      }
      await assertEndAll(
        other,
        'ada',
        { isDone: false, ended: [] },
        { except: { id: ended.id, openedAt: performance.now() } },
      )
      await assertLive(store, 'ada', live)
      await assertEnding(store, ended)
      await assertCreate(store, newRecord(), 'created', { openedAt: performance.now() - 60_000 })
    },
  ],
  [
    'endAll spares a session that is being created (`openedAt`), unless an earlier endAll cut it off',
    async ({ store, other }) => {
      const [first, beginning, late] = [await addRecord(store), newRecord(), newRecord()]
      const opened = { openedAt: performance.now() - 60_000 }
      const spare = { except: { id: beginning.id, ...opened } }
      await assertEndAll(store, 'ada', { isDone: true, ended: [first] }, spare)
      // The same request may call again.
      await assertEndAll(store, 'ada', { isDone: true, ended: [] }, spare)
      await assertEndAll(other, 'ada', { isDone: false, ended: [] }, { except: { id: late.id, ...opened } })
      await assertCreate(store, late, 'cut-off', opened)
      await assertCreate(other, beginning, 'created', opened)
      await assertEndAll(store, 'ada', { isDone: true, ended: [] }, spare)
      await assertRecord(other, beginning)
      await assertLive(store, 'ada', [beginning])
    },
  ],
]
