import { TooLate } from '../stores/store.ts'
import { createDeadlines, sliceCount } from '../util/deadlines.ts'

/** Makes a call of a store, with the instant at which the caller stops waiting, in epoch milliseconds. */
export type StoreCall<Answer> = (until: number) => Promise<Answer>

/** The error of a request that has waited for the store as long as a request may. It says nothing about the store. */
export class WaitedTooLong extends Error {}

/** How many slices a request may wait in all: two timeouts, each with the slice in which it started. */
const maxSlices = 2 * (sliceCount + 1)

/**
 * Returns a function that makes a call, and rejects if it is not answered within `timeoutSeconds`, or if its request has waited
 * for twice as long in all.
 */
export function createDeadlineCall(timeoutSeconds: number) {
  const deadlines = createDeadlines(timeoutSeconds * 1000)
  /** How long requests have waited: only those that did not get all answers within a slice. */
  const waits = new WeakMap<object, { readonly slices: number; readonly until: number }>()

  function addWait(request: object, startedAt: number): void {
    const { slices, until } = waits.get(request) ?? { slices: 0, until: 0 }
    const now = deadlines.slicesPassed
    // Calls of one request may run at the same time. Count that time once.
    if (now > startedAt) waits.set(request, { slices: slices + now - Math.max(startedAt, until), until: now })
  }

  /**
   * @param request identifies the request; without it, only the timeout counts
   * @param isWhole whether the call may take all the time that the request has left
   * @param onLate gets an answer that comes after the deadline
   */
  return function callWithDeadline<Answer>(
    call: StoreCall<Answer>,
    request?: object,
    isWhole = false,
    onLate?: (answer: Answer) => void,
  ): Promise<Answer> {
    const slicesLeft = request === undefined ? Infinity : maxSlices - (waits.get(request)?.slices ?? 0) - 1
    if (slicesLeft < 1) return Promise.reject(new WaitedTooLong('The request has waited for too long in all.'))
    const slices = isWhole ? slicesLeft : Math.min(sliceCount, slicesLeft)
    return new Promise((resolve, reject) => {
      let isExpired = false
      let lastError: unknown
      const startedAt = deadlines.slicesPassed
      const finish = (): boolean => {
        if (isExpired) return false
        if (request !== undefined) addWait(request, startedAt)
        return deadline.cancel()
      }
      const deadline = deadlines.start(() => {
        finish()
        isExpired = true
        const message = `No answer within ${Math.round(timeoutSeconds * (slices / sliceCount) * 1000) / 1000} s.`
        if (slices < sliceCount) reject(new WaitedTooLong(message, { cause: lastError }))
        else reject(lastError ?? new Error(message))
      }, slices)
      const attempt = async (): Promise<void> => {
        try {
          const answer = await call(Date.now() + deadline.remaining())
          if (finish()) resolve(answer)
          else onLate?.(answer)
        } catch (error) {
          // The store did nothing, and there is time left: this process was blocked, not the store. So try again. Wait for
          // another turn of the event loop, because a store may reject without I/O, and then the deadline would never expire.
          lastError = error
          if (error instanceof TooLate && !isExpired) return void setImmediate(attempt)
          if (finish()) reject(error)
        }
      }
      void attempt()
    })
  }
}
