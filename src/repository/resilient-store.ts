import type { Events } from '../core/events.ts'
import {
  isEnding,
  type CreateOptions,
  type CreateResult,
  type Cutoff,
  type EndAllResult,
  type Ending,
  type Held,
  type RecordChange,
  type SessionInfo,
  type SessionKey,
  type SessionRecord,
  type SessionStore,
  type SparedSession,
} from '../stores/store.ts'
import { andThen, type MaybePromise } from '../util/maybe-promise.ts'
import { callOther, orElse } from '../util/store-answers.ts'
import { withoutPromise } from '../util/sync-calls.ts'
import { repairRecord } from './repair-record.ts'
import { createStoreCalls, type OnLate, type Waiting } from './store-calls.ts'
import { toUnavailable } from './store-errors.ts'

/** The content of a store at a key. */
export type Found = SessionRecord | Ending | null

/**
 * A store with deadlines and a circuit breaker. Each call resolves, or rejects in time with `ERR_SESSION_UNAVAILABLE`. Then it is
 * not known whether a write was done, except by `failureOf`. A store's own `ERR_DATA` is passed on: that write was not
 * done. An answer that the store has at once is no promise, but every error is a rejected one.
 */
export interface ResilientStore extends Pick<SessionStore, 'sweep'> {
  create(record: SessionRecord, options?: CreateOptions, request?: Waiting): MaybePromise<CreateResult>
  read(key: SessionKey, request?: Waiting, onLate?: OnLate<Found>): MaybePromise<Found>
  /** Like `read`. If the call fails and no other was answered meanwhile, finds out at once whether the store is down. */
  readOrProbe(key: SessionKey, request: Waiting, onLate: OnLate<Found>): Promise<Found>
  update(
    key: SessionKey,
    held: Held,
    change: RecordChange,
    request?: Waiting,
    onLate?: OnLate<number | null>,
  ): MaybePromise<number | null>
  end(
    key: SessionKey,
    ending: Ending,
    request?: Waiting,
    onLate?: OnLate<boolean | 'unconfirmed'>,
  ): MaybePromise<boolean | 'unconfirmed'>
  endAll(
    userId: string,
    ending: Ending,
    except: SparedSession | null,
    onLate: OnLate<EndAllResult>,
  ): MaybePromise<EndAllResult>
  putCutoff(userId: string, cutoff: Cutoff): MaybePromise<void>
  list(userId: string): Promise<SessionInfo[]>
  /** Waits for work within the time that the request has left. */
  waitFor<Result>(work: () => MaybePromise<Result>, request: Waiting): Promise<Result>
  /** Whether the store counts as down: five calls in a row failed, reads among them. */
  isDown(): boolean
  /** Resolves to whether the store is down, after a call has failed with `failure`. Asks it, unless it has answered meanwhile. */
  confirmDown(failure: object, request: Waiting): Promise<boolean>
}

/**
 * Wraps a store with deadlines and a circuit breaker. Failures are reported as events. The caller gets the driver's error as
 * `cause`.
 *
 * @param timeoutSeconds how long to wait for an answer, in seconds
 */
export function resilientStore(store: SessionStore, events: Events, timeoutSeconds: number): ResilientStore {
  const { name, ask, askOrProbe, confirmDown, callWithDeadline, callList, callEndAll, health } = createStoreCalls(
    store,
    events,
    timeoutSeconds,
  )

  const readRecord = (key: SessionKey): MaybePromise<Found> =>
    andThen(
      callOther(() => withoutPromise(store.read).call(store, key)),
      (found) => checkAnswer(key, found),
    )

  function checkAnswer(key: SessionKey, found: Found): Found {
    // A client that mixes up replies must neither open another user's session, nor make this one look ended.
    if (found === null) return null
    const isAnswer =
      typeof found === 'object' && (isEnding(found) ? typeof found.ended === 'string' : found.id === key.id)
    if (isAnswer) return repairRecord(found)
    throw new TypeError('The session store returned neither the requested record, nor an ending, nor null.')
  }

  /** Without a deadline, because it runs in the background. Does nothing while the store is down. */
  async function sweep(before: number): Promise<number> {
    if (health.failuresLeft() === 0) return 0
    try {
      return await store.sweep!(before)
    } catch (error) {
      health.reportFull(error)
      throw error
    }
  }

  return {
    create: (record, options, request) =>
      ask((until) => withoutPromise(store.create).call(store, record, options, until), request, true),
    read: (key, request, onLate) => ask(() => readRecord(key), request, false, onLate),
    readOrProbe: (key, request, onLate) => askOrProbe(() => readRecord(key), request, onLate),
    update: (key, held, change, request, onLate) =>
      ask((until) => withoutPromise(store.update).call(store, key, held, change, until), request, true, onLate),
    end: (key, ending, request, onLate) =>
      ask((until) => withoutPromise(store.end).call(store, key, ending, until), request, false, onLate),
    endAll: (userId, ending, except, onLate) =>
      ask((until) => store.endAll(userId, ending, except, until), undefined, false, onLate, callEndAll),
    putCutoff: (userId, cutoff) => ask(async () => store.putCutoff?.(userId, cutoff)),
    waitFor: async (work, request) =>
      orElse(callWithDeadline(work, request, true), (error) => toUnavailable(error, name())),
    confirmDown,
    list: async (userId) =>
      (await ask(() => store.list(userId), undefined, false, undefined, callList)).map(repairRecord),
    ...(store.sweep !== undefined && { sweep }),
    isDown: health.isDown,
  }
}
