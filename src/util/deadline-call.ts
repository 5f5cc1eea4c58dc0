import { createDeadlines, sliceCount } from './deadlines.ts'

/** Makes a call, and gets the instant at which the caller stops waiting, in epoch milliseconds. */
export type TimedCall<Answer> = (until: number) => Promise<Answer>

/** The error of a request that has waited as long as a request may. It says nothing about who was called. */
export class WaitedTooLong extends Error {}

/** How many slices a request may wait in all: two timeouts, and the slice in which its first call started. */
const maxSlices = 2 * sliceCount + 1
/** After how many slices without an answer a call has failed. A retry starts with a slice, so it waits one more. */
const fullWait = sliceCount - 1
/** A shorter wait does not count, in slices. So quick calls cost no memory. */
const shortestWait = 0.1

/** How long each request has waited, in slices, and until when. All stores and libraries that it asks count together. */
const waits = new WeakMap<object, { readonly slices: number; readonly until: number }>()

/** Returns how many whole slices a request may still wait, besides the rest of the present one. */
const slicesLeftOf = (request: object): number => Math.floor(maxSlices - (waits.get(request)?.slices ?? 0) - 1)

/** Whether a request has waited as long as it may, so that a call of it would reject at once. */
export const isOutOfTime = (request: object | undefined): boolean => request !== undefined && slicesLeftOf(request) < 1

/**
 * Returns a function that makes a call, and rejects if it is not answered within `timeoutSeconds`, or if its request has waited
 * for 2.2 times as long in all.
 *
 * @param shouldRetry whether an error says that nothing was done, so that the call is made again while there is time
 * @param name who is called, for the error
 */
export function createDeadlineCall(timeoutSeconds: number, shouldRetry?: (error: unknown) => boolean, name?: string) {
  const deadlines = createDeadlines(timeoutSeconds * 1000)
  const sliceMs = (timeoutSeconds * 1000) / sliceCount

  function addWait(request: object, elapsed: number): void {
    if (elapsed < shortestWait) return
    const { slices, until } = waits.get(request) ?? { slices: 0, until: -Infinity }
    const now = performance.now()
    // Calls of one request may run at the same time. Count that time once.
    waits.set(request, { slices: slices + Math.min(elapsed, (now - until) / sliceMs), until: now })
  }

  /**
   * @param request identifies the request; without it, only the timeout counts
   * @param isWhole whether the call may take all the time that the request has left
   * @param onLate gets an answer that comes after the deadline
   */
  return function callWithDeadline<Answer>(
    call: TimedCall<Answer>,
    request?: object,
    isWhole = false,
    onLate?: (answer: Answer) => void,
  ): Promise<Answer> {
    if (isOutOfTime(request)) return Promise.reject(new WaitedTooLong('The request has no time left.'))
    const slicesLeft = request === undefined ? Infinity : slicesLeftOf(request)
    const slices = isWhole ? slicesLeft : Math.min(sliceCount, slicesLeft)
    return new Promise((resolve, reject) => {
      let isExpired = false
      let lastError: unknown
      const finish = (): boolean => {
        if (isExpired) return false
        if (request !== undefined) addWait(request, deadline.elapsed())
        return deadline.cancel()
      }
      const deadline = deadlines.start(() => {
        finish()
        isExpired = true
        const message = `${name === undefined ? '' : `${name}: `}No answer within ${Math.round(timeoutSeconds * (slices / sliceCount) * 1000) / 1000} s.`
        if (slices < fullWait) reject(new WaitedTooLong(message, { cause: lastError }))
        else reject(lastError ?? new Error(message))
      }, slices)
      const attempt = async (): Promise<void> => {
        try {
          const answer = await call(Date.now() + deadline.remaining())
          if (finish()) resolve(answer)
          else onLate?.(answer)
        } catch (error) {
          // Wait for another turn of the event loop, because a call may reject without I/O. Then the deadline would never expire.
          lastError = error
          if (!isExpired && shouldRetry?.(error)) return void setImmediate(attempt)
          if (finish()) reject(error)
        }
      }
      void attempt()
    })
  }
}
