import assert from 'node:assert/strict'
import { isEnding } from '../../stores/store.ts'
import {
  created,
  end,
  ending,
  holds,
  holdsEnding,
  hops,
  listedIds,
  sameRecord,
  together,
  tomorrow,
  touch,
  type StoreCheck,
} from './kit.ts'

const later = tomorrow + 1_000_000

export const sweeping: readonly StoreCheck[] = [
  [
    'where it can sweep: removes what expired before an instant, and counts to 0',
    async ({ store, other }) => {
      if (store.sweep === undefined) return
      const expired = await together(700, () => created(store, { expiresAt: tomorrow }))
      const forgotten = await together(20, () => created(store, { expiresAt: later }))
      for (const { id } of forgotten) await end(store, id, { ...ending, expiresAt: tomorrow })
      const alive = await created(store, { expiresAt: later })
      const used = await created(store, { expiresAt: tomorrow })
      await store.update(used.id, used, touch({ expiresAt: later }))
      const ended = await created(store, { expiresAt: tomorrow })
      await end(store, ended.id, { ...ending, expiresAt: later })

      let removed = 0
      for (let count = 1; count > 0; removed += count) {
        count = await store.sweep(tomorrow + 500_000)
        assert(removed + count <= expired.length + forgotten.length, 'more were removed than had expired')
      }

      assert.equal(removed, expired.length + forgotten.length)
      for (const { id } of [...expired, ...forgotten]) assert.equal(await other.read(id), null)
      await holds(store, alive)
      await holdsEnding(store, ended.id, { ...ending, expiresAt: later })
      assert.deepEqual(await listedIds(other, 'ada'), [alive.id, used.id].toSorted())
    },
  ],
  [
    'where it can sweep: removes nothing that was used meanwhile',
    async ({ store, other, rounds }) => {
      if (store.sweep === undefined) return
      for (let round = 0; round < Math.min(rounds, 200); round++) {
        const { id, secretHash } = await created(store, { expiresAt: tomorrow })
        const [version] = await Promise.all([
          hops(round % 6).then(() => other.update(id, { secretHash }, touch({ expiresAt: later }))),
          hops((round >> 2) % 6).then(() => store.sweep!(tomorrow + 500_000)),
        ])
        assert.equal((await store.read(id)) === null, version === null)
      }
    },
  ],
  [
    'where it can tell all: gives every record and every ending',
    async ({ store }) => {
      if (store.all === undefined) return
      const records = await together(350, (at) => created(store, { userId: at % 2 === 0 ? 'ada' : null }))
      for (const { id } of records.slice(0, 20)) await end(store, id)
      await created(store, { id: '__proto__' }).then((record) => records.push(record))
      await created(store, { id: '-' }).then((record) => records.push(record))
      const given = new Set<string>()
      for await (const [id, found] of store.all()) {
        given.add(id)
        const record = records.find((each) => each.id === id)
        assert(record !== undefined, `gave ${id}, which was never created`)
        if (records.indexOf(record) < 20) assert.deepEqual({ ...found }, ending)
        else if (isEnding(found)) assert.fail(`gave an ending of ${id}`)
        else sameRecord(found, record)
      }
      assert.deepEqual([...given].toSorted(), records.map(({ id }) => id).toSorted())
    },
  ],
]
