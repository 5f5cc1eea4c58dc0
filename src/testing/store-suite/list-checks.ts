import assert from 'node:assert/strict'
import type { SessionRecord } from '../../stores/store.ts'
import {
  addRecord,
  assertCreate,
  createChange,
  endRecord,
  listSessionIds,
  newRecord,
  readRecord,
  runConcurrently,
  sleep,
  tomorrow,
  waitMicrotasks,
  type StoreCheck,
} from './kit.ts'

const infoOf = ({ secretHash: _hash, version: _version, data: _data, ...info }: SessionRecord) => info

export const listChecks: readonly StoreCheck[] = [
  [
    "list shows a user's sessions as they are now, without data, version and secret hash",
    async ({ store, other }) => {
      const record = await addRecord(store)
      assert.deepEqual(await store.list('ada'), [infoOf(record)])
      assert.deepEqual(await other.list('ada'), [infoOf(record)])
      await store.update(
        record,
        record,
        createChange({ label: null, remember: false, signedInAt: 5, set: { a: '1' }, methods: [], idleTimeout: 9 }),
      )
      assert.deepEqual(await other.list('ada'), [infoOf(await readRecord(store, record))])
    },
  ],
  [
    "list shows no session of another user, and no guest's session",
    async ({ store }) => {
      const record = await addRecord(store)
      await addRecord(store, { userId: 'eve' })
      await addRecord(store, { userId: null, signedInAt: null })
      assert.deepEqual(await listSessionIds(store, 'ada'), [record.id])
      for (const userId of ['nobody', 'null', 'Ada', 'ada ', 'ad', '*', '%', '__proto__', 'toString']) {
        assert.deepEqual(await listSessionIds(store, userId), [], userId)
      }
    },
  ],
  [
    'list shows every session whose create has resolved, also if many are created at once',
    async ({ store, other }) => {
      const records = Array.from({ length: 100 }, () => newRecord())
      await runConcurrently(records.length, async (at) => {
        const record = records[at]!
        await assertCreate(at % 2 === 0 ? store : other, record, 'created')
        assert(
          (await listSessionIds(at % 3 === 0 ? store : other, 'ada')).includes(record.id),
          `${record.id} is not listed although its create has resolved`,
        )
      })
      assert.deepEqual(await listSessionIds(store, 'ada'), records.map(({ id }) => id).toSorted())
    },
  ],
  [
    'list shows a session that was created during another list',
    async ({ store, other, rounds }) => {
      for (let round = 0; round < Math.min(rounds, 100); round++) {
        const record = newRecord({ userId: `user-${round}` })
        await Promise.all([
          waitMicrotasks(round % 7).then(() => other.list(record.userId!)),
          waitMicrotasks(round % 5).then(() => store.create(record)),
          other.list(record.userId!),
        ])
        assert.deepEqual(await listSessionIds(other, record.userId!), [record.id])
      }
    },
  ],
  [
    'list shows no session whose end has resolved',
    async ({ store, other }) => {
      const records = await runConcurrently(20, () => addRecord(store))
      await runConcurrently(records.length, async (at) => {
        await endRecord(store, records[at]!)
        assert(
          !(await listSessionIds(other, 'ada')).includes(records[at]!.id),
          'a session is listed although its end has resolved',
        )
      })
      assert.deepEqual(await listSessionIds(store, 'ada'), [])
    },
  ],
  [
    'list may leave out expired sessions, but must show every live one',
    async ({ store }) => {
      const expired = await addRecord(store, { expiresAt: Date.now() - 1000 })
      const alive = await addRecord(store)
      for (let time = 0; time < 3; time++) {
        const ids = await listSessionIds(store, 'ada')
        assert.deepEqual(
          ids.filter((id) => id !== expired.id),
          [alive.id],
        )
      }
    },
  ],
  [
    'list shows a session that was about to expire and whose expiry was then extended',
    async ({ store, expiresByItself }) => {
      // Some engines count a time to live in whole seconds. On a busy machine, the update may come after its end.
      for (let left = expiresByItself ? 1500 : 20; left < 30_000; left *= 2) {
        const expiresAt = Date.now() + left
        const record = await addRecord(store, { expiresAt })
        const { secretHash } = record
        const version = await store.update(record, { secretHash }, createChange({ expiresAt: tomorrow }))
        if (version === null && Date.now() >= expiresAt) continue
        assert.equal(version, 0)
        await sleep(left + 100)
        assert.deepEqual(await listSessionIds(store, 'ada'), [record.id])
        assert.equal((await readRecord(store, record)).expiresAt, tomorrow)
        return
      }
      assert.fail('an update took longer than the time that its session had left')
    },
  ],
]
