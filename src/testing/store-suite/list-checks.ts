import assert from 'node:assert/strict'
import type { SessionRecord } from '../../stores/store.ts'
import {
  addRecord,
  createChange,
  endRecord,
  listSessionIds,
  newRecord,
  readRecord,
  runConcurrently,
  tomorrow,
  waitMicrotasks,
  type StoreCheck,
} from './kit.ts'

const infoOf = ({ secretHash: _hash, version: _version, data: _data, ...info }: SessionRecord) => info

export const listChecks: readonly StoreCheck[] = [
  [
    "lists a user's sessions as they are now, without their data and secrets",
    async ({ store, other }) => {
      const record = await addRecord(store)
      assert.deepEqual(await store.list('ada'), [infoOf(record)])
      assert.deepEqual(await other.list('ada'), [infoOf(record)])
      await store.update(
        record.id,
        record,
        createChange({ label: null, remember: false, signedInAt: 5, set: { a: '1' } }),
      )
      assert.deepEqual(await other.list('ada'), [infoOf(await readRecord(store, record.id))])
    },
  ],
  [
    'lists no session of somebody else, and no guest',
    async ({ store }) => {
      const { id } = await addRecord(store)
      await addRecord(store, { userId: 'eve' })
      await addRecord(store, { userId: null, signedInAt: null })
      assert.deepEqual(await listSessionIds(store, 'ada'), [id])
      for (const userId of ['nobody', 'null', 'Ada', 'ada ', 'ad', '*', '%', '__proto__', 'toString']) {
        assert.deepEqual(await listSessionIds(store, userId), [], userId)
      }
    },
  ],
  [
    'lists every session whose create has resolved, of many at once',
    async ({ store, other }) => {
      const records = Array.from({ length: 100 }, () => newRecord())
      await runConcurrently(records.length, async (at) => {
        const record = records[at]!
        assert.equal(await (at % 2 === 0 ? store : other).create(record), true)
        assert(
          (await listSessionIds(at % 3 === 0 ? store : other, 'ada')).includes(record.id),
          `${record.id} is not listed`,
        )
      })
      assert.deepEqual(await listSessionIds(store, 'ada'), records.map(({ id }) => id).toSorted())
    },
  ],
  [
    'lists a session that was created while somebody listed',
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
    'lists none whose end has resolved',
    async ({ store, other }) => {
      const records = await runConcurrently(20, () => addRecord(store))
      await runConcurrently(records.length, async (at) => {
        await endRecord(store, records[at]!.id)
        assert(!(await listSessionIds(other, 'ada')).includes(records[at]!.id), 'an ended session is listed')
      })
      assert.deepEqual(await listSessionIds(store, 'ada'), [])
    },
  ],
  [
    'lists what has expired or does not, and loses none that lives by that',
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
    'lists a session that was about to expire, and was used',
    async ({ store, expiresByItself }) => {
      // A time to live has whole seconds in some engines, and the update needs time before it ends.
      const left = expiresByItself ? 1500 : 20
      const { id, secretHash } = await addRecord(store, { expiresAt: Date.now() + left })
      assert.equal(await store.update(id, { secretHash }, createChange({ expiresAt: tomorrow })), 0)
      await new Promise((resolve) => {
        setTimeout(resolve, left + 100)
      })
      assert.deepEqual(await listSessionIds(store, 'ada'), [id])
      assert.equal((await readRecord(store, id)).expiresAt, tomorrow)
    },
  ],
]
