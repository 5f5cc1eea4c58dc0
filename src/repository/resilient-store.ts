import { SojournError } from '../core/errors.ts'
import type { Events } from '../core/events.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import {
  isEnding,
  TooLate,
  type CreateOptions,
  type CreateResult,
  type Cutoff,
  type EndAllResult,
  type Ending,
  type Held,
  type RecordChange,
  type SessionKey,
  type SessionRecord,
  type SessionStore,
  type SparedSession,
} from '../stores/store.ts'
import { createDeadlineCall, isOutOfTime, WaitedTooLong, type TimedCall } from '../util/deadline-call.ts'
import { repairRecord } from './repair-record.ts'
import { callFailedError, failureOf, toUnavailable } from './store-errors.ts'
import { createStoreHealth } from './store-health.ts'

/** Identifies a request, by the moment at which it was opened. All its calls together wait for 2.2 timeouts at most. */
export type Waiting = LogicalTime

/** Gets an answer of the store that comes after its deadline. */
type OnLate<Answer> = (answer: Answer) => void

/** The content of a store at a key. */
export type Found = SessionRecord | Ending | null

/**
 * A store with deadlines and a circuit breaker. Each call resolves, or rejects in time with `ERR_SESSION_UNAVAILABLE`. Then it is
 * not known whether a write was done, except by {@link failureOf}. A store's own `ERR_DATA` is passed on: that write was not
 * done.
 */
export interface ResilientStore extends Required<Pick<SessionStore, 'list'>>, Pick<SessionStore, 'sweep'> {
  create(record: SessionRecord, options?: CreateOptions, request?: Waiting): Promise<CreateResult>
  read(key: SessionKey, request?: Waiting, onLate?: OnLate<Found>): Promise<Found>
  /** Like `read`. If the call fails and no other was answered meanwhile, finds out at once whether the store is down. */
  readOrProbe(key: SessionKey, request: Waiting, onLate: OnLate<Found>): Promise<Found>
  update(
    key: SessionKey,
    held: Held,
    change: RecordChange,
    request?: Waiting,
    onLate?: OnLate<number | null>,
  ): Promise<number | null>
  end(
    key: SessionKey,
    ending: Ending,
    request?: Waiting,
    onLate?: OnLate<boolean | 'unconfirmed'>,
  ): Promise<boolean | 'unconfirmed'>
  endAll(
    userId: string,
    ending: Ending,
    except: SparedSession | null,
    onLate: OnLate<EndAllResult>,
  ): Promise<EndAllResult>
  putCutoff(userId: string, cutoff: Cutoff): Promise<void>
  /** Waits for work within the time that the request has left. */
  waitFor<Result>(work: () => Promise<Result>, request: Waiting): Promise<Result>
  /** Whether the store counts as down: five calls in a row failed, reads among them. */
  readonly isDown: boolean
  /** Resolves to whether the store is down, after a call has failed with `failure`. Asks it, unless it has answered meanwhile. */
  confirmDown(failure: object, request: Waiting): Promise<boolean>
}

/** A list may take so much longer than other calls, because a user may have many sessions. */
const listTimeoutFactor = 2
/** How long `endAll` may take, in seconds: a store may end many sessions in steps. It expires up to a fifth later. */
const endAllTimeout = 5 / 3
/** The store did nothing, because this process was blocked until the deadline of the call. */
const wasSkipped = (error: unknown): boolean => error instanceof TooLate
/** No session has this key. It is read only to see whether the store answers. */
const probeKey: SessionKey = { id: 'nobody', userId: null }

/**
 * Wraps a store with deadlines and a circuit breaker. Failures are reported as events. The caller gets the driver's error as
 * `cause`.
 *
 * One closure, because every call goes through `ask`.
 *
 * @param timeoutSeconds how long to wait for an answer, in seconds
 */
export function resilientStore(store: SessionStore, events: Events, timeoutSeconds: number): ResilientStore {
  const health = createStoreHealth(events, () => store.name ?? 'The session store', timeoutSeconds)
  let answers = 0
  // Count late answers too: the store is slow, but it is up.
  const options = { shouldRetry: wasSkipped, onAnyLate: () => void answers++ }
  const callWithDeadline = createDeadlineCall(timeoutSeconds, options)
  const callList = createDeadlineCall(timeoutSeconds * listTimeoutFactor, options)
  const callEndAll = createDeadlineCall(endAllTimeout, options)
  let callsInFlight = 0

  async function ask<Answer>(
    call: TimedCall<Answer>,
    request?: Waiting,
    isWrite = false,
    onLate?: OnLate<Answer>,
    callInTime = callWithDeadline,
  ): Promise<Answer> {
    // The time first: a request without time must not use up the only call that is allowed in this second.
    if (isOutOfTime(request) || !health.allows(isWrite))
      throw callFailedError(health.lastError, { wasAsked: false, wasSilent: false })
    const answersBefore = answers
    callsInFlight++
    try {
      const answer = await callInTime(call, request, false, onLate)
      answers++
      health.succeeded(isWrite)
      return answer
    } catch (error) {
      // Data that the store cannot keep is the application's error, not a failure of the store.
      if (error instanceof SojournError && error.code === 'ERR_DATA') {
        health.answered()
        throw error
      }
      // A shorter time than the timeout says nothing about the store.
      if (!(error instanceof WaitedTooLong)) health.failed(error, isWrite)
      throw callFailedError(error, { wasAsked: true, wasSilent: answers === answersBefore })
    } finally {
      callsInFlight--
    }
  }

  /** Returns how many calls must fail too before the store counts as down, besides those that wait for an answer already. */
  const missingFailures = (): number => Math.max(1, health.failuresLeft - callsInFlight)

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
    const askOnce = () => ask(call, request, false, onLate)
    try {
      return await askOnce()
    } catch (error) {
      if (health.failuresLeft === 0 || !failureOf(error).wasSilent) throw error
      const missing = missingFailures()
      const retries = Array.from({ length: Math.ceil(missing / 2) }, askOnce)
      const probes = Array.from({ length: Math.floor(missing / 2) }, () => probe(request))
      const probed = Promise.allSettled(probes)
      try {
        return await Promise.any(retries)
      } catch {
        await probed
        // Only if the calls failed at once, the request has time left for another one.
        if (health.isDown) throw error
        return askOnce()
      }
    }
  }

  async function confirmDown(failure: object, request: Waiting): Promise<boolean> {
    if (health.isDown || !failureOf(failure).wasSilent) return health.isDown
    const probes = Array.from({ length: missingFailures() }, async () => probe(request))
    await Promise.allSettled(probes)
    return health.isDown
  }

  async function readRecord(key: SessionKey): Promise<Found> {
    const found = await store.read(key)
    // A client that mixes up replies must neither open another user's session, nor make this one look ended.
    if (found === null) return null
    const isAnswer =
      typeof found === 'object' && (isEnding(found) ? typeof found.ended === 'string' : found.id === key.id)
    if (isAnswer) return repairRecord(found)
    throw new TypeError('The session store returned neither the requested record, nor an ending, nor null.')
  }

  /** Without a deadline, because it runs in the background. Does nothing while the store is down. */
  async function sweep(before: number): Promise<number> {
    if (health.failuresLeft === 0) return 0
    try {
      return await store.sweep!(before)
    } catch (error) {
      health.reportFull(error)
      throw error
    }
  }

  return {
    create: (record, options, request) => ask(async (until) => store.create(record, options, until), request, true),
    read: (key, request, onLate) => ask(() => readRecord(key), request, false, onLate),
    readOrProbe: (key, request, onLate) => askOrProbe(() => readRecord(key), request, onLate),
    update: (key, held, change, request, onLate) =>
      ask(async (until) => store.update(key, held, change, until), request, true, onLate),
    end: (key, ending, request, onLate) => ask(async (until) => store.end(key, ending, until), request, false, onLate),
    endAll: (userId, ending, except, onLate) =>
      ask(async (until) => store.endAll(userId, ending, except, until), undefined, false, onLate, callEndAll),
    putCutoff: (userId, cutoff) => ask(async () => store.putCutoff?.(userId, cutoff)),
    waitFor: (work, request) => callWithDeadline(work, request, true).catch(toUnavailable),
    confirmDown,
    list: async (userId) =>
      (await ask(() => store.list(userId), undefined, false, undefined, callList)).map(repairRecord),
    ...(store.sweep !== undefined && { sweep }),
    get isDown() {
      return health.isDown
    },
  }
}
