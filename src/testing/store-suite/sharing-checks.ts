import assert from 'node:assert/strict'
import { addRecord, assertRecord, createChange, newRecord, readRecord, type StoreCheck } from './kit.ts'

export const sharingChecks: readonly StoreCheck[] = [
  [
    'the store copies what it gets: changing the object later has no effect',
    async ({ store }) => {
      const data: Record<string, string> = { cart: '["tea"]' }
      const methods: [string, number][] = [['password', 1]]
      const given = newRecord({ data, methods })
      const record = { ...given, data: { ...data }, methods: [['password', 1]] as const }
      await store.create(given)
      overwriteFields(given)
      overwriteFields(data)
      overwriteFields(methods[0]!)
      methods.push(['totp', 2])
      await assertRecord(store, record)

      const set: Record<string, string> = { more: '1' }
      const unset = ['cart']
      const change = createChange({ set, unset })
      const { lastSeenAt, expiresAt } = change
      await store.update(record, record, change)
      overwriteFields(change)
      overwriteFields(set)
      unset.push('more')
      await assertRecord(store, { ...record, version: 1, lastSeenAt, expiresAt, data: { more: '1' } })

      const ending = { ended: 'revoked', endedAt: 1, expiresAt: lastSeenAt } as const
      const handed = { ...ending }
      await store.end(record, handed)
      overwriteFields(handed)
      assert.deepEqual({ ...(await store.read(record)) }, ending)
    },
  ],
  [
    'changing a returned object does not change the stored session',
    async ({ store }) => {
      const record = await addRecord(store)
      const found = await readRecord(store, record)
      overwriteFields(found.data)
      overwriteFields(found.methods)
      overwriteFields(found)
      for (const info of await store.list('ada')) {
        overwriteFields(info.methods)
        overwriteFields(info)
      }
      await assertRecord(store, record)
      assert.equal((await store.list('ada'))[0]?.label, record.label)
    },
  ],
]

/** Overwrites every property that is not read-only, and adds one. */
function overwriteFields(object: object): void {
  for (const key of Object.keys(object)) Reflect.set(object, key, 'spoilt')
  Reflect.set(object, 'added', 'spoilt')
}
