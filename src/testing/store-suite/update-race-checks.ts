import assert from 'node:assert/strict'
import { isEnding } from '../../stores/store.ts'
import {
  addRecord,
  createChange,
  createDataChange,
  readRecord,
  runConcurrently,
  waitMicrotasks,
  type StoreCheck,
} from './kit.ts'

/** Races of updates of one session. */
export const updateRaceChecks: readonly StoreCheck[] = [
  [
    'two concurrent updates of different keys are both kept',
    async ({ store, other, rounds }) => {
      const record = await addRecord(store, { data: {} })
      const { secretHash } = record
      for (let round = 1; round <= rounds; round++) {
        const versions = await Promise.all([
          waitMicrotasks(round % 5).then(() =>
            store.update(record, { secretHash }, createDataChange('left', `${round}`)),
          ),
          waitMicrotasks((round >> 2) % 5).then(() =>
            other.update(record, { secretHash }, createDataChange('right', `${round}`)),
          ),
        ])
        assert.deepEqual(versions.toSorted(), [round * 2 - 1, round * 2].toSorted())
        const { data, version } = await readRecord(store, record)
        assert.deepEqual([{ ...data }, version], [{ left: `${round}`, right: `${round}` }, round * 2])
      }
    },
  ],
  [
    'concurrent updates that expect the version they have read lose no change',
    async ({ store, other, rounds }) => {
      const record = await addRecord(store, { data: { count: '0' } })
      const { secretHash } = record
      const each = Math.ceil(rounds / 100)
      await runConcurrently(10, async (at) => {
        const mine = at % 2 === 0 ? store : other
        for (let done = 0, tries = 0; done < each; tries++) {
          assert(tries < 100 * each, 'ten concurrent updates were refused again and again: one of them must succeed')
          const { data, version } = await readRecord(mine, record)
          const change = createDataChange('count', `${Number(data['count']) + 1}`)
          if ((await mine.update(record, { secretHash, version }, change)) !== null) done++
        }
      })
      const { data, version } = await readRecord(other, record)
      assert.deepEqual([data['count'], version], [`${10 * each}`, 10 * each])
    },
  ],
  [
    'of two concurrent renewals, exactly one replaces the secret',
    async ({ store, other, rounds }) => {
      const record = await addRecord(store)
      const { secretHash: first } = record
      let secretHash = first
      for (let round = 0; round < Math.min(rounds, 200); round++) {
        const change = (who: string) => createChange({ secretHash: `${who}-${round}` })
        const answers = await Promise.all([
          waitMicrotasks(round % 5).then(() => store.update(record, { secretHash }, change('one'))),
          waitMicrotasks((round >> 2) % 5).then(() => other.update(record, { secretHash }, change('two'))),
        ])
        assert.equal(answers.filter((answer) => answer !== null).length, 1, 'how many renewals did not resolve to null')
        const held = (await readRecord(store, record)).secretHash
        assert.equal(held, `${answers[0] === null ? 'two' : 'one'}-${round}`)
        secretHash = held
      }
    },
  ],
  [
    'a read sees all of an update or nothing of it',
    async ({ store, other, rounds }) => {
      const record = await addRecord(store, { data: { a: '0', b: '0' }, label: '0', lastSeenAt: 0 })
      const { secretHash } = record
      const state = { writing: true }
      const reading = runConcurrently(2, async () => {
        while (state.writing) {
          const found = await other.read(record)
          assert(found !== null && !isEnding(found))
          const { data, label, lastSeenAt, version } = found
          assert.deepEqual([data['a'], data['b'], label, lastSeenAt], Array.from(fieldsAt(version)))
          await new Promise(setImmediate)
        }
      })
      const writes = async () => {
        for (let count = 1; count <= Math.min(rounds, 300); count++) {
          const [a, b, label, lastSeenAt] = fieldsAt(count)
          await store.update(record, { secretHash }, createChange({ set: { a, b }, label, lastSeenAt }))
          if (count % 3 === 0) await new Promise(setImmediate)
        }
      }
      await Promise.all([reading, writes().finally(() => (state.writing = false))])
    },
  ],
]

/** The fields that one update writes together. */
const fieldsAt = (count: number) => [`${count}`, `${count}`, `${count}`, count] as const
