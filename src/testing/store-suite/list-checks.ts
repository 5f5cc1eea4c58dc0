import assert from 'node:assert/strict'
import type { SessionRecord } from '../../stores/store.ts'
import {
  created,
  end,
  hops,
  listedIds,
  newRecord,
  readRecord,
  together,
  tomorrow,
  touch,
  type StoreCheck,
} from './kit.ts'

const infoOf = ({ secretHash: _hash, version: _version, data: _data, ...info }: SessionRecord) => info

export const listing: readonly StoreCheck[] = [
  [
    "lists a user's sessions as they are now, without their data and secrets",
    async ({ store, other }) => {
      const record = await created(store)
      assert.deepEqual(await store.list('ada'), [infoOf(record)])
      assert.deepEqual(await other.list('ada'), [infoOf(record)])
      await store.update(record.id, record, touch({ label: null, remember: false, signedInAt: 5, set: { a: '1' } }))
      assert.deepEqual(await other.list('ada'), [infoOf(await readRecord(store, record.id))])
    },
  ],
  [
    'lists no session of somebody else, and no guest',
    async ({ store }) => {
      const { id } = await created(store)
      await created(store, { userId: 'eve' })
      await created(store, { userId: null, signedInAt: null })
      assert.deepEqual(await listedIds(store, 'ada'), [id])
      for (const userId of ['nobody', 'null', 'Ada', 'ada ', 'ad', '*', '%', '__proto__', 'toString']) {
        assert.deepEqual(await listedIds(store, userId), [], userId)
      }
    },
  ],
  [
    'lists every session whose create has resolved, of many at once',
    async ({ store, other }) => {
      const records = Array.from({ length: 100 }, () => newRecord())
      await together(records.length, async (at) => {
        const record = records[at]!
        assert.equal(await (at % 2 === 0 ? store : other).create(record), true)
        assert((await listedIds(at % 3 === 0 ? store : other, 'ada')).includes(record.id), `${record.id} is not listed`)
      })
      assert.deepEqual(await listedIds(store, 'ada'), records.map(({ id }) => id).toSorted())
    },
  ],
  [
    'lists a session that was created while somebody listed',
    async ({ store, other, rounds }) => {
      for (let round = 0; round < Math.min(rounds, 100); round++) {
        const record = newRecord({ userId: `user-${round}` })
        await Promise.all([
          hops(round % 7).then(() => other.list(record.userId!)),
          hops(round % 5).then(() => store.create(record)),
          other.list(record.userId!),
        ])
        assert.deepEqual(await listedIds(other, record.userId!), [record.id])
      }
    },
  ],
  [
    'lists none whose end has resolved',
    async ({ store, other }) => {
      const records = await together(20, () => created(store))
      await together(records.length, async (at) => {
        await end(store, records[at]!.id)
        assert(!(await listedIds(other, 'ada')).includes(records[at]!.id), 'an ended session is listed')
      })
      assert.deepEqual(await listedIds(store, 'ada'), [])
    },
  ],
  [
    'lists what has expired or does not, and loses none that lives by that',
    async ({ store }) => {
      const expired = await created(store, { expiresAt: Date.now() - 1000 })
      const alive = await created(store)
      for (let time = 0; time < 3; time++) {
        const ids = await listedIds(store, 'ada')
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
      const { id, secretHash } = await created(store, { expiresAt: Date.now() + left })
      assert.equal(await store.update(id, { secretHash }, touch({ expiresAt: tomorrow })), 0)
      await new Promise((resolve) => {
        setTimeout(resolve, left + 100)
      })
      assert.deepEqual(await listedIds(store, 'ada'), [id])
      assert.equal((await readRecord(store, id)).expiresAt, tomorrow)
    },
  ],
]
