import type { Ending, SessionStore } from '../../stores/store.ts'
import { withoutPromise, withPromise } from '../../util/sync-calls.ts'

/**
 * Adapts a store to sessions whose life their own cookie decides. `record.idleTimeout` is not stored, because the cookie may lengthen
 * it on any request; `expiresAt` follows from it.
 *
 * @param endingMs how long an ending is kept, in milliseconds
 * @param sweepLateMs how much later than necessary the library sweeps, in milliseconds
 */
export function limitedStore(store: SessionStore, endingMs: number, sweepLateMs: number): SessionStore {
  const shorten = (ending: Ending): Ending => ({
    ...ending,
    expiresAt: Math.min(ending.expiresAt, ending.endedAt + endingMs),
  })
  return {
    get name() {
      return store.name
    },
    create: withPromise((record, options, until) =>
      withoutPromise(store.create).call(store, { ...record, idleTimeout: null }, options, until),
    ),
    read: withPromise((key) => withoutPromise(store.read).call(store, key)),
    update: withPromise((key, held, change, until) =>
      withoutPromise(store.update).call(store, key, held, change, until),
    ),
    end: withPromise((key, ending, until) => withoutPromise(store.end).call(store, key, shorten(ending), until)),
    endAll: (userId, ending, except, until) => store.endAll(userId, shorten(ending), except, until),
    list: (userId) => store.list(userId),
    ...(store.sweep !== undefined && { sweep: (before) => store.sweep!(before + sweepLateMs) }),
    ...(store.putCutoff !== undefined && { putCutoff: (userId, cutoff) => store.putCutoff!(userId, cutoff) }),
  } satisfies SessionStore
}
