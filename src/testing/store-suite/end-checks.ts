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
    'gives back an ending as it was put, to every process at once, and nothing of the record',
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
    'ends a record once: the first ending stays',
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
    'ends nothing where there is nothing',
    async ({ store }) => {
      assert.equal(await store.end('nobody', anEnding), false)
      assert.equal(await store.read('nobody'), null)
    },
  ],
  [
    'ends one record and leaves the others',
    async ({ store }) => {
      const [first, second, third] = [await addRecord(store), await addRecord(store), await addRecord(store)]
      await endRecord(store, second.id)
      await assertRecord(store, first)
      await assertRecord(store, third)
      assert.deepEqual(await listSessionIds(store, 'ada'), [first.id, third.id].toSorted())
    },
  ],
  [
    'may forget at once an ending that expires at once, and does not keep the record',
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
    'where it can watch: calls back for the record that is ended or renewed, by any process, and not for others',
    async ({ store, other }) => {
      if (store.watch === undefined) return
      const [gone, renewed, left, alive] = await Promise.all([1, 2, 3, 4].map(async () => addRecord(store)))
      const told = new Map<string, number>()
      let calledBack = () => {}
      const watch = ({ id }: SessionRecord) =>
        store.watch!(id, () => {
          told.set(id, timesOf(id) + 1)
          calledBack()
        })
      const timesOf = (id: string) => told.get(id) ?? 0
      const isTold = async ({ id }: SessionRecord, act: () => Promise<unknown>): Promise<boolean> => {
        const before = timesOf(id)
        const called = new Promise<void>((resolve) => (calledBack = () => timesOf(id) > before && resolve()))
        await act()
        await Promise.race([called, sleep(5000)])
        return timesOf(id) > before
      }
      const stops = [gone!, renewed!, alive!].map(watch)
      watch(left!)()
      // Some connect first.
      await sleep(100)
      await endRecord(other, left!.id)
      for (let time = 0; time < 20; time++) await other.update(alive!.id, alive!, createDataChange('a', '1'))
      const renew = async () => other.update(renewed!.id, renewed!, createChange({ secretHash: 'renewed' }))
      assert(await isTold(renewed!, renew), 'the watcher of what got a new secret was not called back')
      assert(
        await isTold(gone!, async () => endRecord(other, gone!.id)),
        'the watcher of what ended was not called back',
      )
      for (const stop of stops) stop()
      assert.equal(timesOf(left!.id), 0, 'a watcher was called back that had stopped')
      assert(timesOf(alive!.id) < 20, 'a watcher was called back for what goes on')
    },
  ],
]

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })
