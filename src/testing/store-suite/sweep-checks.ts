import assert from 'node:assert/strict'
import { isEnding, type Cutoff } from '../../stores/store.ts'
import {
  addRecord,
  assertEnding,
  assertRecord,
  assertSameRecord,
  createChange,
  endRecord,
  listSessionIds,
  newRecord,
  runConcurrently,
  sampleEnding,
  tomorrow,
  waitMicrotasks,
  type StoreCheck,
} from './kit.ts'

const farFuture = tomorrow + 1_000_000

export const sweepChecks: readonly StoreCheck[] = [
  [
    'sweep, if implemented, removes all that expired before the instant, and then resolves to 0',
    async ({ store, other }) => {
      if (store.sweep === undefined) return
      const expired = await runConcurrently(700, () => addRecord(store, { expiresAt: tomorrow }))
      const forgotten = await runConcurrently(20, () => addRecord(store, { expiresAt: farFuture }))
      for (const record of forgotten) await endRecord(store, record, { ...sampleEnding, expiresAt: tomorrow })
      const alive = await addRecord(store, { expiresAt: farFuture })
      const used = await addRecord(store, { expiresAt: tomorrow })
      await store.update(used, used, createChange({ expiresAt: farFuture }))
      const ended = await addRecord(store, { expiresAt: tomorrow })
      await endRecord(store, ended, { ...sampleEnding, expiresAt: farFuture })

      let removed = 0
      for (let count = 1; count > 0; removed += count) {
        count = await store.sweep(tomorrow + 500_000)
        assert(removed + count <= expired.length + forgotten.length, 'sweep removed more than had expired')
      }

      assert.equal(removed, expired.length + forgotten.length)
      for (const record of [...expired, ...forgotten]) assert.equal(await other.read(record), null)
      await assertRecord(store, alive)
      await assertEnding(store, ended, { ...sampleEnding, expiresAt: farFuture })
      assert.deepEqual(await listSessionIds(other, 'ada'), [alive.id, used.id].toSorted())
    },
  ],
  [
    'sweep, if implemented, keeps a session whose expiry was extended meanwhile',
    async ({ store, other, rounds }) => {
      if (store.sweep === undefined) return
      for (let round = 0; round < Math.min(rounds, 200); round++) {
        const record = await addRecord(store, { expiresAt: tomorrow })
        const { secretHash } = record
        const [version] = await Promise.all([
          waitMicrotasks(round % 6).then(() =>
            other.update(record, { secretHash }, createChange({ expiresAt: farFuture })),
          ),
          waitMicrotasks((round >> 2) % 6).then(() => store.sweep!(tomorrow + 500_000)),
        ])
        assert.equal((await store.read(record)) === null, version === null)
      }
    },
  ],
  [
    'sweep, if implemented, removes the cutoffs that expired before the instant, and no other',
    async ({ store, other }) => {
      if (store.sweep === undefined) return
      const [ada, bob] = [await addRecord(store, { expiresAt: tomorrow }), await addRecord(store, { userId: 'bob' })]
      await store.endAll('ada', { ...sampleEnding, expiresAt: tomorrow })
      // The ending expires before the cutoff does.
      await endRecord(store, bob, { ...sampleEnding, expiresAt: tomorrow })
      for (const userId of ['bob', 'eve']) await store.endAll(userId, { ...sampleEnding, expiresAt: farFuture })
      const isCutOff = async (userId: string) =>
        (await other.create(newRecord({ userId }), { openedAt: performance.now() - 60_000 })).result === 'cut-off'
      await store.sweep(Date.now())
      for (const userId of ['ada', 'bob', 'eve']) assert(await isCutOff(userId), 'no cutoff has expired yet')

      while ((await store.sweep(tomorrow + 500_000)) > 0);

      assert.equal(await store.read(ada), null)
      assert.deepEqual(
        [await isCutOff('ada'), await isCutOff('bob'), await isCutOff('eve')],
        [false, true, true],
        'sweep must remove the cutoff of ada, which has expired, and keep those of bob and eve',
      )
    },
  ],
  [
    'all, if implemented, yields every record, every ending and every cutoff',
    async ({ store }) => {
      if (store.all === undefined) return
      const records = await runConcurrently(350, (at) => addRecord(store, { userId: at % 2 === 0 ? 'ada' : null }))
      for (const record of records.slice(0, 20)) await endRecord(store, record)
      for (const fields of [{ id: '__proto__' }, { id: '-' }, { userId: 'eve' }])
        records.push(await addRecord(store, fields))
      const spared = { eve: records.at(-1)!.id, bob: null }
      await store.endAll('eve', sampleEnding, { id: spared.eve })
      await store.endAll('bob', { ...sampleEnding, expiresAt: farFuture })
      const [given, cutoffs] = [new Set<string>(), new Map<string, Cutoff>()]
      for await (const entry of store.all()) {
        if (!('key' in entry)) {
          cutoffs.set(entry.userId, entry.cutoff)
          continue
        }
        const { key, found } = entry
        given.add(key.id)
        const record = records.find((each) => each.id === key.id)
        assert(record !== undefined, `all yielded ${key.id}, which was never created`)
        assert.deepEqual({ ...key }, { id: record.id, userId: record.userId })
        if (records.indexOf(record) < 20) assert.deepEqual({ ...found }, sampleEnding)
        else if (isEnding(found)) assert.fail(`all yielded an ending of ${key.id}, which is live`)
        else assertSameRecord(found, record)
      }
      assert.deepEqual([...given].toSorted(), records.map(({ id }) => id).toSorted())
      assert.deepEqual(
        [...cutoffs].map(([userId, { spared, expiresAt }]) => ({ userId, spared, expiresAt })).toSorted(byUserId),
        [
          { userId: 'bob', spared: null, expiresAt: farFuture },
          { userId: 'eve', spared: spared.eve, expiresAt: sampleEnding.expiresAt },
        ],
      )
      if (store.putCutoff === undefined) return
      const later = { at: tomorrow - 5, spared: 'x', expiresAt: farFuture }
      await store.putCutoff('bob', later)
      await store.putCutoff('ada', later)
      for await (const entry of store.all()) if ('cutoff' in entry) cutoffs.set(entry.userId, entry.cutoff)
      for (const userId of ['ada', 'bob']) assert.deepEqual({ ...cutoffs.get(userId) }, later)
    },
  ],
]

const byUserId = (one: { userId: string }, other: { userId: string }): number => (one.userId < other.userId ? -1 : 1)
