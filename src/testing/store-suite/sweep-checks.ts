import assert from 'node:assert/strict'
import { isEnding } from '../../stores/store.ts'
import {
  addRecord,
  assertEnding,
  assertRecord,
  assertSameRecord,
  createChange,
  endRecord,
  listSessionIds,
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
      for (const { id } of forgotten) await endRecord(store, id, { ...sampleEnding, expiresAt: tomorrow })
      const alive = await addRecord(store, { expiresAt: farFuture })
      const used = await addRecord(store, { expiresAt: tomorrow })
      await store.update(used.id, used, createChange({ expiresAt: farFuture }))
      const ended = await addRecord(store, { expiresAt: tomorrow })
      await endRecord(store, ended.id, { ...sampleEnding, expiresAt: farFuture })

      let removed = 0
      for (let count = 1; count > 0; removed += count) {
        count = await store.sweep(tomorrow + 500_000)
        assert(removed + count <= expired.length + forgotten.length, 'sweep removed more than had expired')
      }

      assert.equal(removed, expired.length + forgotten.length)
      for (const { id } of [...expired, ...forgotten]) assert.equal(await other.read(id), null)
      await assertRecord(store, alive)
      await assertEnding(store, ended.id, { ...sampleEnding, expiresAt: farFuture })
      assert.deepEqual(await listSessionIds(other, 'ada'), [alive.id, used.id].toSorted())
    },
  ],
  [
    'sweep, if implemented, keeps a session whose expiry was extended meanwhile',
    async ({ store, other, rounds }) => {
      if (store.sweep === undefined) return
      for (let round = 0; round < Math.min(rounds, 200); round++) {
        const { id, secretHash } = await addRecord(store, { expiresAt: tomorrow })
        const [version] = await Promise.all([
          waitMicrotasks(round % 6).then(() =>
            other.update(id, { secretHash }, createChange({ expiresAt: farFuture })),
          ),
          waitMicrotasks((round >> 2) % 6).then(() => store.sweep!(tomorrow + 500_000)),
        ])
        assert.equal((await store.read(id)) === null, version === null)
      }
    },
  ],
  [
    'all, if implemented, yields every record and every ending',
    async ({ store }) => {
      if (store.all === undefined) return
      const records = await runConcurrently(350, (at) => addRecord(store, { userId: at % 2 === 0 ? 'ada' : null }))
      for (const { id } of records.slice(0, 20)) await endRecord(store, id)
      await addRecord(store, { id: '__proto__' }).then((record) => records.push(record))
      await addRecord(store, { id: '-' }).then((record) => records.push(record))
      const given = new Set<string>()
      for await (const [id, found] of store.all()) {
        given.add(id)
        const record = records.find((each) => each.id === id)
        assert(record !== undefined, `all yielded ${id}, which was never created`)
        if (records.indexOf(record) < 20) assert.deepEqual({ ...found }, sampleEnding)
        else if (isEnding(found)) assert.fail(`all yielded an ending of ${id}, which is live`)
        else assertSameRecord(found, record)
      }
      assert.deepEqual([...given].toSorted(), records.map(({ id }) => id).toSorted())
    },
  ],
]
