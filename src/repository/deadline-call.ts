import { TooLate } from '../stores/store.ts'
import { createDeadlines } from '../util/deadlines.ts'

/** Makes a call of a store, with the instant at which the caller stops waiting, in epoch milliseconds. */
export type StoreCall<Answer> = (until: number) => Promise<Answer>

/** Returns a function that makes a call, and rejects if it is not answered within `timeoutSeconds`. */
export function createDeadlineCall(timeoutSeconds: number) {
  const deadlines = createDeadlines(timeoutSeconds * 1000)

  /** @param onLate gets an answer that comes after the deadline */
  return function callWithDeadline<Answer>(
    call: StoreCall<Answer>,
    onLate?: (answer: Answer) => void,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let isExpired = false
      let lastError: unknown
      const deadline = deadlines.start(() => {
        isExpired = true
        reject(lastError ?? new Error(`No answer within ${timeoutSeconds} s.`))
      })
      const attempt = async (): Promise<void> => {
        try {
          const answer = await call(Date.now() + deadline.remaining())
          if (deadline.cancel()) resolve(answer)
          else onLate?.(answer)
        } catch (error) {
          // The store did nothing, and there is time left: this process was blocked, not the store. So try again. Wait for
          // another turn of the event loop, because a store may reject without I/O, and then the deadline would never expire.
          lastError = error
          if (error instanceof TooLate && !isExpired) return void setImmediate(attempt)
          if (deadline.cancel()) reject(error)
        }
      }
      void attempt()
    })
  }
}
