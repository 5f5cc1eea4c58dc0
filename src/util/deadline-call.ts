import {
  createDeadlines,
  createSeparateDeadlines,
  hasLastingTimers,
  sliceCount,
  type Deadline,
  type Deadlines,
} from './deadlines.ts'
import type { MaybePromise } from './maybe-promise.ts'
import { callOther } from './store-answers.ts'

/** Makes a call, and gets the instant at which the caller stops waiting, in epoch milliseconds. */
export type TimedCall<Answer> = (until: number) => MaybePromise<Answer>

/** The error of a request that has waited as long as a request may. It says nothing about who was called. */
export class WaitedTooLong extends Error {}

/** Whether an error says that a call was not answered in time. */
export const isSilence = (error: unknown): boolean => /: No answer within /.test(String(error))

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

/** The settings that all calls with one timeout share. */
interface CallSettings {
  readonly timeoutSeconds: number
  readonly deadlines: Deadlines
  /** Whether an error says that nothing was done, so that the call is made again while there is time. */
  readonly shouldRetry?: ((error: unknown) => boolean) | undefined
  /** Names the callee, for the error. */
  readonly name?: string | undefined
  /** Is called after each answer that comes after its deadline. */
  readonly onAnyLate?: (() => void) | undefined
}

/**
 * Returns a function that makes a call, and rejects if it is not answered within `timeoutSeconds`, or if its request has waited
 * for 2.2 times as long in all.
 */
export function createDeadlineCall(
  timeoutSeconds: number,
  options: Pick<CallSettings, 'shouldRetry' | 'name' | 'onAnyLate'> = {},
) {
  const deadlines = (hasLastingTimers() ? createDeadlines : createSeparateDeadlines)(timeoutSeconds * 1000)
  const sliceMs = (timeoutSeconds * 1000) / sliceCount
  const settings: CallSettings = { timeoutSeconds, deadlines, ...options }

  /**
   * Returns the answer itself if it is there at once: then there is nothing to wait for. Every error is a rejected promise.
   *
   * @param request identifies the request; without it, only the timeout counts
   * @param isWhole whether the call may take all the time that the request has left
   * @param onLate gets an answer that comes after the deadline
   */
  return function callWithDeadline<Answer>(
    call: TimedCall<Answer>,
    request?: object,
    isWhole = false,
    onLate?: (answer: Answer) => void,
  ): MaybePromise<Answer> {
    if (isOutOfTime(request)) return Promise.reject(new WaitedTooLong('The request has no time left.'))
    const slicesLeft = request === undefined ? Infinity : slicesLeftOf(request)
    const slices = isWhole ? slicesLeft : Math.min(sliceCount, slicesLeft)
    const answer = attempt(call, slices * sliceMs)
    if (!(answer instanceof Promise)) return answer
    return new Promise((resolve, reject) => {
      void new WaitingCall(settings, call, request, slices, { resolve, reject, onLate }).wait(answer)
    })
  }
}

const attempt = <Answer>(call: TimedCall<Answer>, remainingMs: number): MaybePromise<Answer> =>
  callOther(() => call(Math.floor(Date.now() + remainingMs)))

interface Outcome<Answer> {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
  readonly onLate: ((answer: Answer) => void) | undefined
}

/** A call that waits for its answer. A class, because a closure for each step would slow every request of a store. */
class WaitingCall<Answer> {
  readonly #settings: CallSettings
  readonly #call: TimedCall<Answer>
  readonly #request: object | undefined
  readonly #slices: number
  readonly #outcome: Outcome<Answer>
  readonly #deadline: Deadline
  /** How long the request had waited before this call. */
  readonly #waitedBefore: number
  #isExpired = false
  #lastError: unknown

  constructor(
    settings: CallSettings,
    call: TimedCall<Answer>,
    request: object | undefined,
    slices: number,
    outcome: Outcome<Answer>,
  ) {
    this.#settings = settings
    this.#call = call
    this.#request = request
    this.#slices = slices
    this.#outcome = outcome
    this.#deadline = settings.deadlines.start(this, slices)
    this.#waitedBefore = (request && waits.get(request)?.slices) ?? 0
  }

  async wait(answering: MaybePromise<Answer>): Promise<void> {
    const { resolve, reject, onLate } = this.#outcome
    const { shouldRetry, onAnyLate } = this.#settings
    try {
      const answer = await answering
      if (this.#finish()) return resolve(answer)
      onAnyLate?.()
      onLate?.(answer)
    } catch (error) {
      // Wait for another turn of the event loop, because a call may reject without I/O. Then the deadline would never expire.
      this.#lastError = error
      if (!this.#isExpired && shouldRetry?.(error)) return void setImmediate(() => this.#retry())
      if (this.#finish()) reject(error)
    }
  }

  #retry(): void {
    void this.wait(attempt(this.#call, this.#deadline.remaining()))
  }

  onExpired(): void {
    this.#finish()
    this.#isExpired = true
    const { timeoutSeconds, name } = this.#settings
    const seconds = Math.round(timeoutSeconds * (this.#slices / sliceCount) * 1000) / 1000
    const message = `${name === undefined ? '' : `${name}: `}No answer within ${seconds} s.`
    const { reject } = this.#outcome
    if (this.#slices < fullWait) reject(new WaitedTooLong(message, { cause: this.#lastError }))
    else reject(this.#lastError ?? new Error(message))
  }

  /** Stops the deadline. Returns `false` if it has expired. */
  #finish(): boolean {
    if (this.#isExpired) return false
    if (this.#request !== undefined) this.#addWait(this.#request)
    return this.#deadline.cancel()
  }

  #addWait(request: object): void {
    const elapsed = this.#deadline.elapsed()
    if (elapsed < shortestWait) return
    const { slices, until } = waits.get(request) ?? { slices: 0, until: -Infinity }
    const now = performance.now()
    const sliceMs = (this.#settings.timeoutSeconds * 1000) / sliceCount
    // Calls of one request may run at the same time, also one within another. Count that time once.
    const waited = Math.max(slices + Math.min(elapsed, (now - until) / sliceMs), this.#waitedBefore + elapsed)
    waits.set(request, { slices: waited, until: now })
  }
}
