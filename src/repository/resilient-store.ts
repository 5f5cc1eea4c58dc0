import { SojournError } from '../core/errors.ts'
import type { Events } from '../core/events.ts'
import {
  isEnding,
  TooFewReplicas,
  type Ending,
  type Held,
  type RecordChange,
  type SessionRecord,
  type SessionStore,
} from '../stores/store.ts'
import { createDeadlineCall, type StoreCall } from './deadline-call.ts'
import { repairRecord } from './repair-record.ts'
import { createStoreHealth } from './store-health.ts'

/** Gets an answer of the store that comes after its deadline. */
type OnLate<Answer> = (answer: Answer) => void

/**
 * A store with deadlines and a circuit breaker. Each call resolves, or rejects in time with `ERR_SESSION_UNAVAILABLE`. Then it is
 * not known whether a write was done, except if {@link wasNotAsked}. A store's own `ERR_DATA` is passed on: that write was not
 * done.
 */
export interface ResilientStore extends Required<Pick<SessionStore, 'list'>>, Pick<SessionStore, 'sweep'> {
  create(record: SessionRecord): Promise<boolean>
  read(id: string, onLate?: OnLate<SessionRecord | Ending | null>): Promise<SessionRecord | Ending | null>
  /** Like `read`, but retries if one answer is slow or lost, unless the store counts as down by then. */
  readWithRetry(id: string, onLate: OnLate<SessionRecord | Ending | null>): Promise<SessionRecord | Ending | null>
  update(id: string, held: Held, change: RecordChange, onLate?: OnLate<number | null>): Promise<number | null>
  end(id: string, ending: Ending, onLate?: OnLate<boolean | 'unconfirmed'>): Promise<boolean | 'unconfirmed'>
  /** Whether the store counts as down: five calls in a row failed. */
  readonly isDown: boolean
}

/** A list may take so much longer than other calls, because a user may have thousands of sessions. That is no outage. */
const listTimeoutFactor = 40
/** No session has this id. It is read only to see whether the store answers. */
const probeId = 'nobody'

/**
 * Wraps a store with deadlines and a circuit breaker. Failures are reported as events. The caller gets the driver's error as
 * `cause`.
 *
 * One closure, because every call goes through `ask`.
 *
 * @param timeoutSeconds how long to wait for an answer, in seconds
 */
export function resilientStore(store: SessionStore, events: Events, timeoutSeconds: number): ResilientStore {
  const health = createStoreHealth(events)
  const callWithDeadline = createDeadlineCall(timeoutSeconds)
  const callWithLongDeadline = createDeadlineCall(timeoutSeconds * listTimeoutFactor)

  async function ask<Answer>(call: StoreCall<Answer>, isWrite = false, onLate?: OnLate<Answer>): Promise<Answer> {
    if (!health.allows(isWrite)) throw notAskedError(health.lastError)
    try {
      const answer = await callWithDeadline(call, onLate)
      health.succeeded(isWrite)
      return answer
    } catch (error) {
      // Data that the store cannot keep is the application's error, not a failure of the store.
      if (error instanceof SojournError && error.code === 'ERR_DATA') {
        health.answered()
        throw error
      }
      health.failed(error, isWrite)
      throw storeUnavailableError(error)
    }
  }

  /**
   * Retries a call that failed, because one slow or lost answer is no outage. Half of the calls that may still fail before the
   * breaker opens are retries. The other half are probes, so that a fault of one session alone is not taken for an outage.
   */
  async function askWithRetry<Answer>(call: () => Promise<Answer>, onLate: OnLate<Answer>): Promise<Answer> {
    try {
      return await ask(call, false, onLate)
    } catch (error) {
      const { failuresLeft } = health
      if (failuresLeft === 0) throw error
      const retries = Array.from({ length: Math.ceil(failuresLeft / 2) }, () => ask(call, false, onLate))
      const probes = Array.from({ length: Math.floor(failuresLeft / 2) }, () => ask(() => store.read(probeId)))
      const storeAnswers = Promise.any(probes).then(
        () => true,
        () => false,
      )
      try {
        return await Promise.any(retries)
      } catch {
        if (!(await storeAnswers)) throw error
        return ask(call, false, onLate)
      }
    }
  }

  async function readRecord(id: string): Promise<SessionRecord | Ending | null> {
    const found = await store.read(id)
    // A client that mixes up replies must neither open another user's session, nor make this one look ended.
    if (found === null) return null
    const isAnswer = typeof found === 'object' && (isEnding(found) ? typeof found.ended === 'string' : found.id === id)
    if (isAnswer) return repairRecord(found)
    throw new TypeError('The session store returned neither the requested record, nor an ending, nor null.')
  }

  async function list(userId: string) {
    // The probe fails fast while the store is down.
    await ask(() => store.read(probeId))
    try {
      return (await callWithLongDeadline(async () => store.list(userId))).map(repairRecord)
    } catch (error) {
      throw storeUnavailableError(error)
    }
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
    create: (record) => ask(async (until) => store.create(record, until), true),
    read: (id, onLate) => ask(() => readRecord(id), false, onLate),
    readWithRetry: (id, onLate) => askWithRetry(() => readRecord(id), onLate),
    update: (id, held, change, onLate) => ask(async (until) => store.update(id, held, change, until), true, onLate),
    end: (id, ending, onLate) => ask(async (until) => store.end(id, ending, until), false, onLate),
    list,
    ...(store.sweep !== undefined && { sweep }),
    get isDown() {
      return health.failuresLeft === 0
    },
  }
}

/** Returns whether a write was executed at the primary, or not started, and too few replicas have answered. */
export const lacksReplicas = (error: unknown): boolean =>
  error instanceof SojournError && error.cause instanceof TooFewReplicas

/** The errors of calls that were not made. */
const notAsked = new WeakSet<object>()

/** Returns whether a call was not made, because the store counts as down. Then nothing was written. */
export const wasNotAsked = (error: unknown): boolean => notAsked.has(error as object)

function notAskedError(cause: unknown): SojournError {
  const error = storeUnavailableError(cause)
  notAsked.add(error)
  return error
}

function storeUnavailableError(cause: unknown): SojournError {
  return new SojournError(
    'ERR_SESSION_UNAVAILABLE',
    `The session store did not answer: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause },
  )
}
