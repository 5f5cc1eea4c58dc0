import assert from 'node:assert/strict'
import {
  assertEnding,
  listSessionIds,
  newRecord,
  runConcurrently,
  sampleEnding,
  sleep,
  waitMicrotasks,
  type StoreCheck,
} from './kit.ts'

/** Longer than any round takes, in milliseconds. */
const opened = { openedAt: performance.now() - 60_000 }

const revoked = { ...sampleEnding, ended: 'revoked' } as const

/** Races of creates with an endAll of their user. Each round has a user of its own. */
export const createRaceChecks: readonly StoreCheck[] = [
  [
    'a create that is under way at an endAll leaves no live session, and one that began after it is created',
    async ({ store, other, rounds }) => {
      for (let round = 0; round < rounds; round++) {
        const userId = `user-${round}`
        const records = [newRecord({ userId }), newRecord({ userId }), newRecord({ userId })]
        const create = (at: number) =>
          waitMicrotasks((round + 5 * at) % 11).then(() => (at === 0 ? store : other).create(records[at]!, opened))
        const [all, ...results] = await Promise.all([
          waitMicrotasks((round >> 2) % 8).then(() => store.endAll(userId, revoked)),
          ...[0, 1, 2].map(create),
        ])
        assert.deepEqual(await listSessionIds(other, userId), [], 'a create that was under way survived endAll')
        const created = records.filter((_, at) => results[at]!.result === 'created')
        assert.deepEqual(all.ended.toSorted(), created.map(({ id }) => id).toSorted())
        for (const record of created) await assertEnding(other, record, revoked)
      }
      await sleep(20)
      const late = await runConcurrently(Math.min(rounds, 200), (at) =>
        other.create(newRecord({ userId: `user-${at}` }), { openedAt: performance.now() - 10 }),
      )
      const refused = late.filter(({ result }) => result !== 'created')
      assert.deepEqual(
        refused,
        [],
        'a create that began 20 ms after endAll, 10 ms after its request was opened, was refused',
      )
    },
  ],
  [
    'a create whose request was opened shortly before endAll is cut off, however long the call takes to reach the store',
    async ({ store, other, rounds }) => {
      await runConcurrently(Math.min(rounds, 100), async (round) => {
        const [userId, openedAt] = [`user-${round}`, performance.now()]
        // The clock of a store may count whole milliseconds.
        await sleep(3)
        await store.endAll(userId, revoked)
        const { result } = await other.create(newRecord({ userId }), { openedAt }, Date.now() + 60_000)
        assert.equal(result, 'cut-off', 'a create whose request was opened 3 ms before endAll')
      })
    },
  ],
]
