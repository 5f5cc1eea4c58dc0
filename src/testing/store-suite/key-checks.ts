import assert from 'node:assert/strict'
import {
  addRecord,
  assertEnding,
  assertLive,
  assertRecord,
  createDataChange,
  endRecord,
  newRecord,
  sampleEnding,
  sleep,
  tomorrow,
  type StoreCheck,
} from './kit.ts'

export const keyChecks: readonly StoreCheck[] = [
  [
    'a key with another userId names no record: read finds nothing, update and end write nothing',
    async ({ store, other }) => {
      const records = [await addRecord(store), await addRecord(store, { userId: null, signedInAt: null })]
      for (const record of records) {
        for (const userId of ['eve', 'Ada', 'null', record.id, record.userId === null ? 'ada' : null]) {
          const key = { id: record.id, userId }
          assert.equal(await other.read(key), null, `read by the key of ${userId}`)
          assert.equal(await store.update(key, { secretHash: record.secretHash }, createDataChange('a', '1')), null)
          assert.equal(await store.end(key, sampleEnding), false)
        }
        await assertRecord(store, record)
        await endRecord(store, record)
        assert.equal(await store.read({ id: record.id, userId: 'eve' }), null, 'an ending, by the key of another user')
        await assertEnding(store, record)
      }
    },
  ],
  [
    'a record of another user with the same id does not change a session',
    async ({ store }) => {
      const record = await addRecord(store)
      const options = { limit: { max: 1, ending: { ...sampleEnding, ended: 'limit' } } } as const
      for (const userId of ['eve', null]) {
        const second = newRecord({ id: record.id, userId })
        // A store may refuse it, because the library makes no id twice.
        const { result } = await store.create(second, options)
        if (result === 'created') await assertRecord(store, second)
        else assert.equal(result, 'taken')
      }
      await store.endAll('eve', sampleEnding)
      await assertRecord(store, record)
      await assertLive(store, 'ada', [record])
    },
  ],
  [
    'the expiry of a session removes nothing else of its user',
    async ({ store, other, expiresByItself }) => {
      // Some engines count a time to live in whole seconds.
      const left = expiresByItself ? 1500 : 20
      const soon = () => Date.now() + left
      await store.endAll('ada', sampleEnding)
      const [kept, ended] = [await addRecord(store), await addRecord(store)]
      await endRecord(store, ended)
      const brief = await addRecord(store, { expiresAt: soon() })
      const { secretHash } = brief
      await store.update(brief, { secretHash }, { set: {}, unset: [], lastSeenAt: tomorrow, expiresAt: soon() })
      await endRecord(store, await addRecord(store), { ...sampleEnding, expiresAt: soon() })
      const onlyCutoff = await addRecord(store, { userId: 'eve', expiresAt: soon() })
      await store.endAll('eve', sampleEnding, { id: onlyCutoff.id })
      await sleep(left + 100)
      // An engine may remove what has expired when the unit is written.
      await addRecord(store, { expiresAt: tomorrow })
      await assertRecord(other, kept)
      await assertEnding(other, ended)
      for (const userId of ['ada', 'eve']) {
        const { result } = await store.create(newRecord({ userId }), { openedAt: performance.now() - 60_000 })
        assert.equal(result, 'cut-off', `the cutoff of ${userId} must remain until it expires`)
      }
    },
  ],
]
