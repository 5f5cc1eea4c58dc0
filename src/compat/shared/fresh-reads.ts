import type { StoreCallback } from './express-store.ts'

/** How many reads are followed at once. Some stores never answer for a record that they do not have. */
const maxReads = 1000

/**
 * Knows which answers of a store are so new that a write need not read again: those of this turn of the event loop, if no write of
 * the session has ended in this process since the read began. Another process may write meanwhile, as it may after a second read.
 */
export function createFreshReads<Answer extends object>() {
  const reading = new Map<string, object>()
  const fresh = new Map<string, Answer>()

  return {
    /** Begins a read. Call the returned function with its answer. */
    start(sid: string): (answer: Answer | null) => void {
      const read = {}
      if (reading.size >= maxReads) reading.clear()
      reading.set(sid, read)
      return (answer) => {
        if (reading.get(sid) !== read) return
        reading.delete(sid)
        if (answer === null) return
        if (fresh.size === 0) setImmediate(() => fresh.clear())
        fresh.set(sid, answer)
      }
    },
    /** Whether an answer is new. No write of the session may be under way. */
    isFresh: (sid: string, answer: Answer | null | undefined): boolean => answer != null && fresh.get(sid) === answer,
    /** Returns the callback of a write of the session: then no answer is new any more. */
    dropAfter: (sid: string, callback: StoreCallback): StoreCallback => {
      return (error) => {
        reading.delete(sid)
        fresh.delete(sid)
        callback(error)
      }
    },
  }
}
