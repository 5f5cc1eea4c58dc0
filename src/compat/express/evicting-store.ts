import { isEnding, type CreateResult, type SessionKey, type SessionStore, type StoreEntry } from '../../stores/store.ts'
import { callOther, orElse } from '../../util/store-answers.ts'
import { withoutPromise, withPromise } from '../../util/sync-calls.ts'
import { ownerLabel } from '../shared/session-owners.ts'
import { valuesOf } from '../shared/session-texts.ts'
import { userIdOf, type UserOf } from '../shared/user-of.ts'

/**
 * Makes room in a full store of this process, so that visitors without an account cannot keep others out: it removes what has
 * expired, and then one in a hundred entries, those of guests that were used longest ago. It never removes a user's session.
 *
 * @param userOf returns the present option, because a session that kept its id at the sign-in is stored as a guest's
 */
export function evictingStore(store: SessionStore, userOf: () => UserOf): SessionStore {
  async function removeExpired(before = Date.now()): Promise<void> {
    while ((await store.sweep!(before)) > 0);
  }

  async function removeGuests(): Promise<void> {
    const guests: { key: SessionKey; lastSeenAt: number; isUsers: () => boolean }[] = []
    let count = 0
    for await (const entry of store.all!() as AsyncIterable<StoreEntry>) {
      if (!('key' in entry)) continue
      count++
      const { key, found } = entry
      if (key.userId !== null || isEnding(found) || found.label === ownerLabel) continue
      const { data, lastSeenAt } = found
      guests.push({ key, lastSeenAt, isUsers: () => userIdOf(userOf(), valuesOf(data, lastSeenAt)) !== null })
    }
    guests.sort((one, other) => one.lastSeenAt - other.lastSeenAt)
    let left = Math.ceil(count / 100)
    for (const { key, isUsers } of guests) {
      if (left === 0) break
      if (isUsers()) continue
      await store.end(key, { ended: 'revoked', endedAt: 0, expiresAt: 0 })
      left--
    }
    await removeExpired(1)
  }

  return {
    ...store,
    create: withPromise((record, options) => {
      const create = () => withoutPromise(store.create)(record, options)
      async function createAfter(makeRoom: () => Promise<void>): Promise<CreateResult> {
        await makeRoom()
        return create()
      }
      const created = orElse(callOther(create), async () => createAfter(removeExpired))
      return orElse(created, async () => createAfter(removeGuests))
    }),
  }
}
