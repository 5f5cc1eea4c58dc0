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
  type SessionKey,
  type SessionRecord,
  type SessionStore,
  type SparedSession,
} from '../stores/store.ts'
import { repairRecord } from './repair-record.ts'
import { createStoreCalls, type OnLate, type Waiting } from './store-calls.ts'
import { toUnavailable } from './store-errors.ts'

/** The content of a store at a key. */
export type Found = SessionRecord | Ending | null

/**
 * A store with deadlines and a circuit breaker. Each call resolves, or rejects in time with `ERR_SESSION_UNAVAILABLE`. Then it is
 * not known whether a write was done, except by `failureOf`. A store's own `ERR_DATA` is passed on: that write was not
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
    create: (record, options, request) => ask((until) => store.create(record, options, until), request, true),
    read: (key, request, onLate) => ask(() => readRecord(key), request, false, onLate),
    readOrProbe: (key, request, onLate) => askOrProbe(() => readRecord(key), request, onLate),
    update: (key, held, change, request, onLate) =>
      ask((until) => store.update(key, held, change, until), request, true, onLate),
    end: (key, ending, request, onLate) => ask((until) => store.end(key, ending, until), request, false, onLate),
    endAll: (userId, ending, except, onLate) =>
      ask((until) => store.endAll(userId, ending, except, until), undefined, false, onLate, callEndAll),
    putCutoff: (userId, cutoff) => ask(async () => store.putCutoff?.(userId, cutoff)),
    waitFor: (work, request) =>
      callWithDeadline(work, request, true).catch((error: unknown) => toUnavailable(error, name())),
    confirmDown,
    list: async (userId) =>
      (await ask(() => store.list(userId), undefined, false, undefined, callList)).map(repairRecord),
    ...(store.sweep !== undefined && { sweep }),
    get isDown() {
      return health.isDown
    },
  }
}
