import assert from 'node:assert/strict'
import { created, holds, newRecord, readRecord, touch, type StoreCheck } from './kit.ts'

export const sharing: readonly StoreCheck[] = [
  [
    'keeps what it was given when its caller changes the object later',
    async ({ store }) => {
      const data: Record<string, string> = { cart: '["tea"]' }
      const given = newRecord({ data })
      const record = { ...given, data: { ...data } }
      await store.create(given)
      spoil(given)
      spoil(data)
      await holds(store, record)

      const set: Record<string, string> = { more: '1' }
      const unset = ['cart']
      const change = touch({ set, unset })
      const { lastSeenAt, expiresAt } = change
      await store.update(record.id, record, change)
      spoil(change)
      spoil(set)
      unset.push('more')
      await holds(store, { ...record, version: 1, lastSeenAt, expiresAt, data: { more: '1' } })

      const ending = { ended: 'revoked', endedAt: 1, expiresAt: lastSeenAt } as const
      const handed = { ...ending }
      await store.end(record.id, handed)
      spoil(handed)
      assert.deepEqual({ ...(await store.read(record.id)) }, ending)
    },
  ],
  [
    'keeps what it has when somebody changes what it gave',
    async ({ store }) => {
      const record = await created(store)
      const found = await readRecord(store, record.id)
      spoil(found.data)
      spoil(found)
      for (const info of await store.list('ada')) spoil(info)
      await holds(store, record)
      assert.equal((await store.list('ada'))[0]?.label, record.label)
    },
  ],
]

/** Changes all that an object lets be changed. */
function spoil(object: object): void {
  for (const key of Object.keys(object)) Reflect.set(object, key, 'spoilt')
  Reflect.set(object, 'added', 'spoilt')
}
