import assert from 'node:assert/strict'
import type { SessionRecord } from '../../stores/store.ts'
import {
  addRecord,
  assertEnding,
  assertRecord,
  createChange,
  createDataChange,
  endRecord,
  listSessionIds,
  sampleEnding as anEnding,
  tomorrow,
  type StoreCheck,
} from './kit.ts'

export const endChecks: readonly StoreCheck[] = [
  [
    'read returns the ending of an ended session, at once and in every process, without the record',
    async ({ store, other }) => {
      const { id } = await addRecord(store)
      assert.notEqual(await other.read(id), null)
      await endRecord(store, id)
      await assertEnding(store, id)
      await assertEnding(other, id)
      const revoked = { ended: 'revoked', endedAt: 0, expiresAt: tomorrow } as const
      const guest = await addRecord(store, { userId: null })
      await endRecord(other, guest.id, revoked)
      await assertEnding(store, guest.id, revoked)
    },
  ],
  [
    'only the first end counts: its ending remains, and later calls resolve to false',
    async ({ store, other }) => {
      const { id } = await addRecord(store)
      await endRecord(store, id)
      const again = { ended: 'revoked', endedAt: tomorrow, expiresAt: tomorrow + 9 } as const
      assert.equal(await store.end(id, again), false)
      assert.equal(await other.end(id, again), false)
      await assertEnding(store, id)
    },
  ],
  [
    'end of an unknown id resolves to false and writes nothing',
    async ({ store }) => {
      assert.equal(await store.end('nobody', anEnding), false)
      assert.equal(await store.read('nobody'), null)
    },
  ],
  [
    'end leaves all other sessions unchanged',
    async ({ store }) => {
      const [first, second, third] = [await addRecord(store), await addRecord(store), await addRecord(store)]
      await endRecord(store, second.id)
      await assertRecord(store, first)
      await assertRecord(store, third)
      assert.deepEqual(await listSessionIds(store, 'ada'), [first.id, third.id].toSorted())
    },
  ],
  [
    'an ending that has expired may be dropped at once, but the record must not remain',
    async ({ store }) => {
      const { id, secretHash } = await addRecord(store)
      const brief = { ended: 'signed-out', endedAt: Date.now() - 2000, expiresAt: Date.now() - 1000 } as const
      await endRecord(store, id, brief)
      if ((await store.read(id)) !== null) await assertEnding(store, id, brief)
      const change = { set: {}, unset: [], lastSeenAt: tomorrow, expiresAt: tomorrow }
      assert.equal(await store.update(id, { secretHash }, change), null)
      assert.equal(await store.end(id, anEnding), false)
      assert.deepEqual(await listSessionIds(store, 'ada'), [])
    },
  ],
  [
    'watch, if implemented, calls back when any process ends or renews the session, and not for other sessions',
    async ({ store, other }) => {
      if (store.watch === undefined) return
      const [ended, renewed, unwatched, alive] = await Promise.all([1, 2, 3, 4].map(async () => addRecord(store)))
      const callCounts = new Map<string, number>()
      let calledBack = () => {}
      const watch = ({ id }: SessionRecord) =>
        store.watch!(id, () => {
          callCounts.set(id, callsOf(id) + 1)
          calledBack()
        })
      const callsOf = (id: string) => callCounts.get(id) ?? 0
      const isNotified = async ({ id }: SessionRecord, act: () => Promise<unknown>): Promise<boolean> => {
        const before = callsOf(id)
        const called = new Promise<void>((resolve) => (calledBack = () => callsOf(id) > before && resolve()))
        await act()
        let timer: ReturnType<typeof setTimeout>
        await Promise.race([called, new Promise((resolve) => (timer = setTimeout(resolve, 5000)))])
        // Otherwise the test runner would wait for the timer.
        clearTimeout(timer!)
        return callsOf(id) > before
      }
      const stops = [ended!, renewed!, alive!].map(watch)
      watch(unwatched!)()
      // Some stores connect first.
      await sleep(100)
      await endRecord(other, unwatched!.id)
      for (let time = 0; time < 20; time++) await other.update(alive!.id, alive!, createDataChange('a', '1'))
      const renew = async () => other.update(renewed!.id, renewed!, createChange({ secretHash: 'renewed' }))
      assert(await isNotified(renewed!, renew), 'the watcher of a renewed session was not called back within 5 s')
      assert(
        await isNotified(ended!, async () => endRecord(other, ended!.id)),
        'the watcher of an ended session was not called back within 5 s',
      )
      for (const stop of stops) stop()
      assert.equal(callsOf(unwatched!.id), 0, 'a watcher was called back after it was stopped')
      assert(callsOf(alive!.id) < 20, 'a watcher was called back for every update of a live session')
    },
  ],
]

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })
