import { sha256 } from '../../util/sha256.ts'
import { callOnce } from './call-once.ts'
import type { ExpressStore, StoreCallback } from './express-store.ts'
import { isMissing, withoutRetries } from './known-stores.ts'

/** How long a mark is kept, in milliseconds. A request that takes longer than this may bring a session back that another process has ended. */
export const markMs = 3_600_000
/** How long a write waits for a mark. Some stores never answer for a record that they do not have. */
const maxReadMs = 1_000

/** Creates the marks of ended sessions in a store of express-session. */
export function createSessionMarks(store: ExpressStore) {
  const reader = withoutRetries(store)
  return {
    write(sid: string, callback: StoreCallback): void {
      const expires = new Date(Date.now() + markMs)
      const mark = { cookie: { originalMaxAge: markMs, expires }, ended: true }
      callOnce((answer) => store.set(markOf(sid), mark, answer), callback)
    },

    /**
     * Calls back whether a session has a mark. If the store has not answered after a second, it has none.
     *
     * @param onLateMark called if the store answers later than that, and there is a mark
     */
    read(sid: string, callback: (error: unknown, isMarked: boolean) => void, onLateMark: () => void): void {
      let isLate = false
      const timer = setTimeout(() => {
        isLate = true
        callback(undefined, false)
      }, maxReadMs).unref()
      callOnce(
        (answer) => reader.get(markOf(sid), answer),
        (error, mark) => {
          clearTimeout(timer)
          const failure = isMissing(error) ? undefined : error
          const isMarked = !error && Boolean(mark)
          if (!isLate) callback(failure, isMarked)
          else if (isMarked) onLateMark()
        },
      )
    },
  }
}

/** Returns the key of a mark. It has a hash, because the id in a store's keys would be one more copy of a credential. */
export const markOf = (sid: string): string => `ended.${sha256(sid)}`
