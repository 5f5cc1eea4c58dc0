import assert from 'node:assert/strict'
import {
  addRecord,
  assertEnding,
  assertRecord,
  createChange,
  createDataChange,
  newRecord,
  runConcurrently,
  sampleEnding,
  waitMicrotasks,
  type StoreCheck,
} from './kit.ts'

/** Races of calls for one session, at least one of which creates or ends it. */
export const raceChecks: readonly StoreCheck[] = [
  [
    'of many concurrent creates of one id, exactly one resolves to `created`, and its record is kept',
    async ({ store, other, rounds }) => {
      for (let round = 0; round < Math.ceil(rounds / 20); round++) {
        const { id } = newRecord()
        const records = Array.from({ length: 20 }, () => ({ ...newRecord(), id }))
        const answers = await runConcurrently(20, (at) => (at % 2 === 0 ? store : other).create(records[at]!))
        const created = records.filter((_, at) => answers[at]!.result === 'created')
        assert.equal(created.length, 1, 'how many creates resolved to `created`')
        await assertRecord(store, created[0]!)
      }
    },
  ],
  [
    'of many concurrent ends of one session, exactly one resolves to true, and its ending is kept',
    async ({ store, other, rounds }) => {
      for (let round = 0; round < Math.ceil(rounds / 20); round++) {
        const record = await addRecord(store)
        const answers = await runConcurrently(20, (at) =>
          (at % 2 === 0 ? store : other).end(record, { ...sampleEnding, endedAt: 1000 + at }),
        )
        const winner = answers.findIndex((answer) => answer !== false)
        assert.equal(answers.filter((answer) => answer !== false).length, 1, 'how many ends did not resolve to false')
        await assertEnding(store, record, { ...sampleEnding, endedAt: 1000 + winner })
      }
    },
  ],
  [
    'an update concurrent with an end never revives the session',
    async ({ store, other, rounds }) => {
      for (let round = 0; round < rounds; round++) {
        const record = await addRecord(store)
        const { secretHash } = record
        const change = round % 3 === 0 ? createChange() : createDataChange('cart', '[]')
        const updating = waitMicrotasks(round % 8).then(() => other.update(record, { secretHash }, change))
        await waitMicrotasks((round >> 3) % 8)
        assert.notEqual(await store.end(record, sampleEnding), false)
        await assertEnding(store, record)
        assert.equal(await other.update(record, { secretHash }, createDataChange('late', '1')), null)
        await updating
        await assertEnding(store, record)
      }
    },
  ],
  [
    'a create concurrent with an end never revives the session',
    async ({ store, other, rounds }) => {
      for (let round = 0; round < Math.min(rounds, 200); round++) {
        const record = await addRecord(store)
        const [, again] = await Promise.all([
          waitMicrotasks(round % 4).then(() => store.end(record, sampleEnding)),
          waitMicrotasks((round >> 2) % 4).then(() => other.create(record)),
        ])
        assert.equal(again.result, 'taken')
        await assertEnding(store, record)
      }
    },
  ],
]
