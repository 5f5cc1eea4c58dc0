import assert from 'node:assert/strict'
import type { SessionKey, SessionStore } from '../../stores/store.ts'
import {
  addRecord,
  assertEnding,
  assertLive,
  createChange,
  createDataChange,
  listSessionIds,
  newRecord,
  readRecord,
  runConcurrently,
  sampleEnding,
  waitMicrotasks,
  type StoreCheck,
} from './kit.ts'

/** Longer than any round takes, in milliseconds. */
const opened = { openedAt: performance.now() - 60_000 }

const revoked = { ...sampleEnding, ended: 'revoked' } as const

/** Races of calls that concern all sessions of one user. Each round has a user of its own. */
export const unitRaceChecks: readonly StoreCheck[] = [
  [
    'of two concurrent endAll that each spare another session, exactly one is done, and its session lives',
    async ({ store, other, rounds }) => {
      for (let round = 0; round < rounds; round++) {
        const userId = `user-${round}`
        const records = [await addRecord(store, { userId }), await addRecord(other, { userId })]
        const results = await endAllAtOnce(store, other, records, round)
        assert.equal(results.filter(({ isDone }) => isDone).length, 1, 'how many of the two calls were done')
        const [winner, loser] = results[0]!.isDone ? [0, 1] : [1, 0]
        assert.deepEqual([...results[winner]!.ended, ...results[loser]!.ended], [records[loser]!.id])
        await assertLive(other, userId, [records[winner]!])
        await assertEnding(store, records[loser]!, revoked)
      }
    },
  ],
  [
    'of two concurrent endAll that each spare a session which is being created, exactly one session is created',
    async ({ store, other, rounds }) => {
      for (let round = 0; round < rounds; round++) {
        const userId = `user-${round}`
        const records = [newRecord({ userId }), newRecord({ userId })]
        const results = await endAllAtOnce(store, other, records, round, opened)
        assert.equal(results.filter(({ isDone }) => isDone).length, 1, 'how many of the two calls were done')
        const created = await runConcurrently(2, (at) => (at === 0 ? store : other).create(records[at]!, opened))
        const expected = results.map(({ isDone }) => (isDone ? 'created' : 'cut-off'))
        assert.deepEqual(
          created.map(({ result }) => result),
          expected,
        )
        await assertLive(store, userId, [results[0]!.isDone ? records[0]! : records[1]!])
      }
    },
  ],
  [
    'an end concurrent with endAll: exactly one of them ends the session',
    async ({ store, other, rounds }) => {
      for (let round = 0; round < Math.min(rounds, 200); round++) {
        const userId = `user-${round}`
        const record = await addRecord(store, { userId })
        const [all, ended] = await Promise.all([
          waitMicrotasks(round % 5).then(() => store.endAll(userId, revoked)),
          waitMicrotasks((round >> 2) % 5).then(() => other.end(record, sampleEnding)),
        ])
        assert.equal(all.ended.length, ended === false ? 1 : 0, 'end and endAll must not both end one session')
        await assertEnding(store, record, ended === false ? revoked : sampleEnding)
      }
    },
  ],
  [
    'updates of different keys concurrent with endAll never revive a session, and lose no key of the spared one',
    async ({ store, other, rounds }) => {
      for (let round = 0; round < rounds; round++) {
        const userId = `user-${round}`
        const [ended, spared] = [await addRecord(store, { userId }), await addRecord(store, { userId, data: {} })]
        const update = (at: number) => {
          const [record, by] = [at < 2 ? ended : spared, at % 2 === 0 ? store : other]
          const change =
            round % 3 === 0 ? createChange({ set: { [at]: '1' }, label: '' }) : createDataChange(`${at}`, '1')
          return waitMicrotasks((round + 3 * at) % 8).then(() =>
            by.update(record, { secretHash: record.secretHash, record }, change),
          )
        }
        const [, ...versions] = await Promise.all([
          waitMicrotasks((round >> 3) % 8).then(() => store.endAll(userId, revoked, { id: spared.id })),
          ...[0, 1, 2, 3].map(update),
        ])
        await assertEnding(other, ended, revoked)
        assert.equal(await other.update(ended, { secretHash: ended.secretHash, record: ended }, createChange()), null)
        assert.deepEqual(versions.slice(2).toSorted(), [1, 2])
        assert.deepEqual({ ...(await readRecord(other, spared)).data }, { 2: '1', 3: '1' })
        await assertLive(store, userId, [spared])
      }
    },
  ],
  [
    'a list concurrent with endAll shows all sessions, or only the spared one',
    async ({ store, other, rounds }) => {
      for (let round = 0; round < Math.ceil(rounds / 10); round++) {
        const userId = `user-${round}`
        const records = await runConcurrently(20, () => addRecord(store, { userId }))
        const state = { isEnding: true }
        const listing = runConcurrently(2, async () => {
          while (state.isEnding) {
            const { length } = await listSessionIds(other, userId)
            assert(
              length === 20 || length === 1,
              `a list shows ${length} of 20 sessions during an endAll that spares one`,
            )
            await new Promise(setImmediate)
          }
        })
        await waitMicrotasks(round % 8)
        const ending = store.endAll(userId, revoked, { id: records[7]!.id })
        await Promise.all([listing, ending.finally(() => (state.isEnding = false))])
        await assertLive(other, userId, [records[7]!])
      }
    },
  ],
]

/** Calls endAll for two sessions of one user at the same time, each through another connection. */
const endAllAtOnce = (
  store: SessionStore,
  other: SessionStore,
  keys: readonly SessionKey[],
  round: number,
  options: { openedAt?: number } = {},
) =>
  runConcurrently(2, async (at) => {
    await waitMicrotasks((at === 0 ? round : round >> 2) % 8)
    const { id, userId } = keys[at]!
    return (at === 0 ? store : other).endAll(userId!, revoked, { id, ...options })
  })
