import assert from 'node:assert/strict'
import { isEnding } from '../../stores/store.ts'
import {
  addRecord,
  assertEnding,
  assertRecord,
  createChange,
  createDataChange,
  newRecord,
  readRecord,
  runConcurrently,
  sampleEnding,
  waitMicrotasks,
  type StoreCheck,
} from './kit.ts'

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
