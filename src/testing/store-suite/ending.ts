import assert from 'node:assert/strict'
import { created, end, ending as anEnding, holds, holdsEnding, listedIds, tomorrow, type StoreCheck } from './kit.ts'

export const ending: readonly StoreCheck[] = [
  [
    'gives back an ending as it was put, to every process at once, and nothing of the record',
    async ({ store, other }) => {
      const { id } = await created(store)
      assert.notEqual(await other.read(id), null)
      await end(store, id)
      await holdsEnding(store, id)
      await holdsEnding(other, id)
      const revoked = { ended: 'revoked', endedAt: 0, expiresAt: tomorrow } as const
      const guest = await created(store, { userId: null })
      await end(other, guest.id, revoked)
      await holdsEnding(store, guest.id, revoked)
    },
  ],
  [
    'ends a record once: the first ending stays',
    async ({ store, other }) => {
      const { id } = await created(store)
      await end(store, id)
      const again = { ended: 'revoked', endedAt: tomorrow, expiresAt: tomorrow + 9 } as const
      assert.equal(await store.end(id, again), false)
      assert.equal(await other.end(id, again), false)
      await holdsEnding(store, id)
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
      const [first, second, third] = [await created(store), await created(store), await created(store)]
      await end(store, second.id)
      await holds(store, first)
      await holds(store, third)
      assert.deepEqual(await listedIds(store, 'ada'), [first.id, third.id].toSorted())
    },
  ],
  [
    'may forget at once an ending that expires at once, and does not keep the record',
    async ({ store }) => {
      const { id, secretHash } = await created(store)
      const brief = { ended: 'signed-out', endedAt: Date.now() - 2000, expiresAt: Date.now() - 1000 } as const
      await end(store, id, brief)
      if ((await store.read(id)) !== null) await holdsEnding(store, id, brief)
      const change = { set: {}, unset: [], lastSeenAt: tomorrow, expiresAt: tomorrow }
      assert.equal(await store.update(id, { secretHash }, change), null)
      assert.equal(await store.end(id, anEnding), false)
      assert.deepEqual(await listedIds(store, 'ada'), [])
    },
  ],
  [
    'where it can watch: calls back for the record that is ended, by any process, and not for others',
    async ({ store, other }) => {
      if (store.watch === undefined) return
      const [watched, left, alive] = [await created(store), await created(store), await created(store)]
      const told = { watched: 0, left: 0, alive: 0 }
      let calledBack = () => {}
      const stops = [
        store.watch(watched.id, () => {
          told.watched++
          calledBack()
        }),
        store.watch(alive.id, () => told.alive++),
      ]
      store.watch(left.id, () => told.left++)()
      // Some connect first.
      await pause(100)
      await end(other, left.id)
      for (let time = 0; time < 20; time++) {
        await other.update(alive.id, alive, { set: { a: '1' }, unset: [], lastSeenAt: 1, expiresAt: tomorrow })
      }
      const before = told.watched
      const isTold = new Promise<void>((resolve) => (calledBack = resolve))
      await end(other, watched.id)
      await Promise.race([isTold, pause(5000)])
      for (const stop of stops) stop()
      assert(told.watched > before, 'the watcher of what ended was not called back')
      assert.equal(told.left, 0, 'a watcher was called back that had stopped')
      assert(told.alive < 20, 'a watcher was called back for what goes on')
    },
  ],
]

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })
