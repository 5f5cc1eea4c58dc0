import assert from 'node:assert/strict'
import { isEnding } from '../../stores/store.ts'
import { assertEnding, assertLive, newRecord, runConcurrently, sampleEnding, type StoreCheck } from './kit.ts'

export const limitRaceChecks: readonly StoreCheck[] = [
  [
    'of 200 concurrent creates with a limit, exactly as many sessions as the limit allows are left',
    async ({ store, other, rounds }) => {
      const ending = { ...sampleEnding, ended: 'limit' } as const
      for (let round = 0; round < Math.ceil(rounds / 200); round++) {
        const [userId, max] = [`user-${round}`, 1 + ((7 + round) % 20)]
        const records = Array.from({ length: 200 }, () => newRecord({ userId }))
        const results = await runConcurrently(200, (at) =>
          (at % 2 === 0 ? store : other).create(records[at]!, {
            openedAt: performance.now() - 60_000,
            limit: { max, ending },
          }),
        )
        assert.deepEqual(
          results.filter(({ result }) => result !== 'created'),
          [],
        )
        const ended = new Set(results.flatMap((each) => each.ended))
        assert.equal(ended.size, 200 - max, 'how many sessions the limit ended')
        assert.equal(results.flatMap((each) => each.ended).length, ended.size, 'each session must end once')
        await assertLive(
          other,
          userId,
          records.filter(({ id }) => !ended.has(id)),
        )
        const first = records.find(({ id }) => ended.has(id))!
        await assertEnding(store, first, ending)
      }
    },
  ],
  [
    'of 200 concurrent creates with a limit that refuses, exactly as many as the limit allows are created',
    async ({ store, other, rounds }) => {
      for (let round = 0; round < Math.ceil(rounds / 200); round++) {
        const [userId, max] = [`user-${round}`, 1 + ((7 + round) % 20)]
        const records = Array.from({ length: 200 }, () => newRecord({ userId }))
        const results = await runConcurrently(200, (at) =>
          (at % 2 === 0 ? store : other).create(records[at]!, { limit: { max, ending: null } }),
        )
        const created = records.filter((_, at) => results[at]!.result === 'created')
        assert.equal(created.length, max, 'how many creates resolved to `created`')
        assert(results.every(({ result, ended }) => (result === 'created' || result === 'full') && ended.length === 0))
        await assertLive(store, userId, created)
        for (const record of records) {
          const found = await other.read(record)
          assert(found === null || !isEnding(found), 'a limit that refuses must end no session')
        }
      }
    },
  ],
]
