import { SojournError } from '../core/errors.ts'
import type { Events } from '../core/events.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import { TooLate, type SessionKey, type SessionStore } from '../stores/store.ts'
import { createDeadlineCall, isOutOfTime, WaitedTooLong, type TimedCall } from '../util/deadline-call.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'
import { callFailedError, failureOf } from './store-errors.ts'
import { createStoreHealth } from './store-health.ts'

/** Identifies a request, by the moment at which it was opened. All its calls together wait for 2.2 timeouts at most. */
export type Waiting = LogicalTime

/** Gets an answer of the store that no request waits for: it comes after its deadline, or after that of another call. */
export type OnLate<Answer> = (answer: Answer) => void

/** A list may take so much longer than other calls, because a user may have many sessions. */
const listTimeoutFactor = 2
/** How long `endAll` may take, in seconds: a store may end many sessions in steps. It expires up to a fifth later. */
const endAllTimeout = 5 / 3
/** The store did nothing, because this process was blocked until the deadline of the call. */
const wasSkipped = (error: unknown): boolean => error instanceof TooLate
/** No session has this key. It is read only to see whether the store answers. */
const probeKey: SessionKey = { id: 'nobody', userId: null }

/**
 * Calls a store with deadlines and a circuit breaker. A call that fails rejects with `ERR_SESSION_UNAVAILABLE`. Then it is not
 * known whether a write was done, except by {@link failureOf}.
 *
 * One closure, because every call goes through `ask`.
 *
 * @param timeoutSeconds how long to wait for an answer, in seconds
 */
export function createStoreCalls(store: SessionStore, events: Events, timeoutSeconds: number) {
  const name = () => store.name ?? 'The session store'
  const health = createStoreHealth(events, name, timeoutSeconds)
  let answers = 0
  // Count late answers too: the store is slow, but it is up.
  const options = { shouldRetry: wasSkipped, onAnyLate: () => void answers++ }
  const callWithDeadline = createDeadlineCall(timeoutSeconds, options)
  const callList = createDeadlineCall(timeoutSeconds * listTimeoutFactor, options)
  const callEndAll = createDeadlineCall(endAllTimeout, options)
  let callsInFlight = 0

  /** Returns the answer itself if the store has it at once. Every error is a rejected promise. */
  function ask<Answer>(
    call: TimedCall<Answer>,
    request?: Waiting,
    isWrite = false,
    onLate?: OnLate<Answer>,
    callInTime = callWithDeadline,
  ): MaybePromise<Answer> {
    // The time first: a request without time must not use up the only call that is allowed in this second.
    if (isOutOfTime(request) || !health.allows(isWrite))
      return Promise.reject(callFailedError(health.lastError(), name(), { wasAsked: false, wasSilent: false }))
    const answersBefore = answers
    const answer = callInTime(call, request, false, onLate)
    return answer instanceof Promise ? waitFor(answer, isWrite, answersBefore) : answered(answer, isWrite)
  }

  function answered<Answer>(answer: Answer, isWrite: boolean): Answer {
    answers++
    health.succeeded(isWrite)
    return answer
  }

  async function waitFor<Answer>(answering: Promise<Answer>, isWrite: boolean, answersBefore: number): Promise<Answer> {
    callsInFlight++
    try {
      return answered(await answering, isWrite)
    } catch (error) {
      // Data that the store cannot keep is the application's error, not a failure of the store.
      if (error instanceof SojournError && error.code === 'ERR_DATA') {
        health.answered()
        throw error
      }
      // A shorter time than the timeout says nothing about the store.
      if (!(error instanceof WaitedTooLong)) health.failed(error, isWrite)
      throw callFailedError(error, name(), { wasAsked: true, wasSilent: answers === answersBefore })
    } finally {
      callsInFlight--
    }
  }

  /** Returns how many calls must fail too before the store counts as down, besides those that wait for an answer already. */
  const missingFailures = (): number => Math.max(1, health.failuresLeft() - callsInFlight)

  const probe = (request: Waiting) => ask(() => store.read(probeKey), request)

  /**
   * Retries a call that failed, unless the store has answered others meanwhile: then it is up, and more calls would slow it down.
   * Half of the calls that are missing for the breaker to open are retries. The other half are probes, so that a fault of one
   * session alone is not taken for an outage.
   */
  async function askOrProbe<Answer>(
    call: TimedCall<Answer>,
    request: Waiting,
    onLate: OnLate<Answer>,
  ): Promise<Answer> {
    const askOnce = async () => ask(call, request, false, onLate)
    try {
      return await askOnce()
    } catch (error) {
      if (health.failuresLeft() === 0 || !failureOf(error).wasSilent) throw error
      const missing = missingFailures()
      const retries = Array.from({ length: Math.ceil(missing / 2) }, askOnce)
      // The first answer is returned. A later one may tell that the session has ended meanwhile.
      for (const retry of retries) retry.then(onLate, () => {})
      const probes = Array.from({ length: Math.floor(missing / 2) }, async () => probe(request))
      const probed = Promise.allSettled(probes)
      try {
        return await Promise.any(retries)
      } catch {
        await probed
        // Only if the calls failed at once, the request has time left for another one.
        if (health.isDown()) throw error
        return askOnce()
      }
    }
  }

  async function confirmDown(failure: object, request: Waiting): Promise<boolean> {
    if (health.isDown() || !failureOf(failure).wasSilent) return health.isDown()
    const probes = Array.from({ length: missingFailures() }, async () => probe(request))
    await Promise.allSettled(probes)
    return health.isDown()
  }

  return { name, ask, askOrProbe, confirmDown, callWithDeadline, callList, callEndAll, health }
}
