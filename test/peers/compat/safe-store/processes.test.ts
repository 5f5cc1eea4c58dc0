import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSafeStore } from '../../../../src/compat/shared/safe-store.ts'
import type { ExpressStore } from '../../../../src/compat/shared/express-store.ts'
import { create, done, load, newId, read, save, touch } from './sessions.ts'
import { stores, type OpenedStore } from './stores.ts'

/** The calls of one process to its store. Each waits until the test lets it happen. */
function steppedStore(store: ExpressStore) {
  const waiting: (() => void)[] = []
  let isStepped = false
  const defer = (call: () => void): void => void (isStepped ? waiting.push(call) : call())
  const stepped: ExpressStore = {
    get: (sid, callback) => defer(() => store.get(sid, callback)),
    set: (sid, session, callback) => defer(() => store.set(sid, session, callback)),
    destroy: (sid, callback) => defer(() => store.destroy(sid, callback)),
    touch: (sid, session, callback) => defer(() => store.touch!(sid, session, callback)),
  }
  return {
    store: stepped,
    start: () => void (isStepped = true),
    /** Makes the next call of this process. */
    step: () => waiting.shift()?.(),
    get isWaiting() {
      return waiting.length > 0
    },
  }
}

/** All orders of the steps of two processes, each as a text of `w` (the writer's) and `e` (the end's). */
function ordersOf(writes: number, ends: number): string[] {
  if (writes === 0 || ends === 0) return ['w'.repeat(writes) + 'e'.repeat(ends)]
  return [
    ...ordersOf(writes - 1, ends).map((order) => `w${order}`),
    ...ordersOf(writes, ends - 1).map((order) => `e${order}`),
  ]
}

// The writer reads, writes, looks for the mark, and perhaps removes. The other process writes the mark and removes.
const orders = ordersOf(4, 2)

for (const [name, describeStore, open] of stores.filter(([each]) => /redis|pg|file|Memory/.test(each))) {
  describeStore(`two processes with ${name}`, () => {
    let opened: OpenedStore
    beforeAll(async () => {
      opened = await open()
    })
    afterAll(() => opened.close())

    /** Runs a slow write or touch and a sign-out of two processes in one order. Returns what the store has afterwards. */
    async function race(order: string, marks: boolean, verb: typeof save = save): Promise<unknown> {
      const [writer, ender] = [steppedStore(opened.store), steppedStore(opened.store)]
      const [one, other] = [createSafeStore(writer.store, { marks }), createSafeStore(ender.store, { marks })]
      const sid = newId()
      await save(one, sid, create(one, { user: 'ada' }))
      const session = await load(one, sid)
      writer.start()
      ender.start()
      session.seen = 1
      const both = Promise.all([verb(one, sid, session), done((callback) => other.destroy(sid, callback))]).then(
        () => 'both done',
      )
      for (const step of order) {
        const process = step === 'w' ? writer : ender
        process.step()
        // Wait until the store has answered: then the process makes its next call, or is done.
        await read(opened.store, sid)
        await read(opened.store, sid)
      }
      while ((await Promise.race([both, read(opened.store, sid)])) !== 'both done') {
        writer.step()
        ender.step()
      }
      return read(opened.store, sid)
    }

    it.each(orders)('an ended session stays ended, in the order %s', async (order) => {
      expect(await race(order, true)).toBeNull()
    })

    it.each(ordersOf(3, 2))('also if it is touched, in the order %s', async (order) => {
      expect(await race(order, true, touch)).toBeNull()
    })

    it('without marks, a write may bring it back', async () => {
      const results = await Promise.all(orders.map((order) => race(order, false)))
      expect(results.filter((found) => found !== null)).not.toEqual([])
    })
  })
}
