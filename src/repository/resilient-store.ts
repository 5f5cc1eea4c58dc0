import { SojournError } from '../core/errors.ts'
import type { Events } from '../core/events.ts'
import {
  isEnding,
  TooFewReplicas,
  TooLate,
  type Ending,
  type Held,
  type RecordChange,
  type SessionRecord,
  type SessionStore,
} from '../stores/store.ts'
import { createCircuitBreaker } from '../util/circuit-breaker.ts'
import { createDeadlines } from '../util/deadlines.ts'

/**
 * What is asked of a store within a request. Each question is answered, or rejects with `ERR_SESSION_UNAVAILABLE` in time:
 * then it is not known whether a write was done. Rejects with `ERR_DATA`, nothing done, where a store does.
 */
export interface ResilientStore extends Required<Pick<SessionStore, 'list'>>, Pick<SessionStore, 'sweep'> {
  create(record: SessionRecord): Promise<boolean>
  read(id: string): Promise<SessionRecord | Ending | null>
  /** As `read`; but asks again where one answer is slow, or lost, unless the store counts as down then. */
  readWithRetry(id: string): Promise<SessionRecord | Ending | null>
  update(id: string, held: Held, change: RecordChange): Promise<number | null>
  end(id: string, ending: Ending): Promise<boolean | 'unconfirmed'>
  /** Whether it counts as down: it left five questions in a row without an answer. */
  readonly isDown: boolean
}

/** How many writes in a row fail, while all else is answered, before a store is told of as one that has no room. */
const maxFailedWrites = 5
/** How much longer a listing may take than all else: of somebody who has thousands of sessions it is no sign of an outage. */
const listTimeoutFactor = 40
/** No session has such an id. */
const probeId = 'nobody'

/**
 * A store that is asked with a deadline, and left alone while it is down. Its failures are told as events; to the caller, with
 * the driver's own error as the cause.
 *
 * @param timeoutSeconds how long to wait for an answer, in seconds
 */
export function resilientStore(store: SessionStore, events: Events, timeoutSeconds: number): ResilientStore {
  const breaker = createCircuitBreaker()
  const deadlines = createDeadlines(timeoutSeconds * 1000)
  const longDeadlines = createDeadlines(timeoutSeconds * 1000 * listTimeoutFactor)
  let failedWrites = 0
  let reportedState: 'down' | 'full' | null = null
  let lastError: unknown

  async function ask<Answer>(question: (until: number) => Promise<Answer>, isWrite = false): Promise<Answer> {
    if (!breaker.allows(isWrite)) throw storeUnavailableError(lastError)
    try {
      const answer = await withDeadline(question)
      breaker.succeeded()
      if (isWrite) failedWrites = 0
      if (reportedState === 'down' || isWrite) reportUp()
      return answer
    } catch (error) {
      // What it cannot keep of a session's data is no failure of the store's.
      if (error instanceof SojournError && error.code === 'ERR_DATA') {
        breaker.succeeded()
        throw error
      }
      // One that lacks replicas answers, and keeps nobody from reading.
      if (error instanceof TooFewReplicas) breaker.succeeded()
      else breaker.failed(isWrite)
      if (isWrite) failedWrites++
      lastError = error
      if (breaker.failuresLeft === 0 || failedWrites >= maxFailedWrites)
        reportDown(error, breaker.failuresLeft === 0 ? 'down' : 'full')
      throw storeUnavailableError(error)
    }
  }

  function withDeadline<Answer>(question: (until: number) => Promise<Answer>, within = deadlines): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let isExpired = false
      const deadline = within.start(() => {
        isExpired = true
        reject(new Error(`No answer within ${timeoutSeconds} s.`))
      })
      const attempt = async (): Promise<void> => {
        try {
          const answer = await question(Date.now() + deadline.remaining())
          if (deadline.cancel()) resolve(answer)
        } catch (error) {
          // Nothing happened, and there is still time: this process stood still, not the store. In another turn of the event
          // loop, since a store may say so without asking anybody, and time would stand still.
          if (error instanceof TooLate && !isExpired) return void setImmediate(attempt)
          if (deadline.cancel()) reject(error)
        }
      }
      void attempt()
    })
  }

  /** One answer that is slow, or lost, is no outage: asks again, and whether the store answers anything at all. */
  async function askWithRetry<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask(question)
    } catch (error) {
      const { failuresLeft } = breaker
      if (failuresLeft === 0) throw error
      const retries = Array.from({ length: Math.ceil(failuresLeft / 2) }, () => ask(question))
      // Of one session alone that is no more than half: what cannot be told of it says nothing of the others.
      const probes = Array.from({ length: Math.floor(failuresLeft / 2) }, () => ask(() => store.read(probeId)))
      const storeAnswers = Promise.any(probes).then(
        () => true,
        () => false,
      )
      try {
        return await Promise.any(retries)
      } catch {
        if (!(await storeAnswers)) throw error
        return ask(question)
      }
    }
  }

  function reportDown(error: unknown, state: 'down' | 'full'): void {
    const isNews = reportedState === null
    reportedState = state
    if (!isNews) return
    if (events.emit !== null) events.emit({ type: 'store-down', error })
    // Nobody listens, and visitors get a 503 that says nothing.
    else console.error(`sojourn: the session store ${state === 'down' ? 'does not answer' : 'takes no writes'}.`, error)
  }

  function reportUp(): void {
    if (reportedState !== null) events.emit?.({ type: 'store-up' })
    reportedState = null
  }

  async function readRecord(id: string): Promise<SessionRecord | Ending | null> {
    const found = await store.read(id)
    // A client that mixes up its answers must open nobody else's session, nor have this one pass for ended.
    const isAnswer = Number.isFinite(found?.expiresAt) && (isEnding(found!) || found!.id === id)
    if (found === null || isAnswer) return found
    throw new TypeError('The session store gave neither the record that it was asked for, nor an ending, nor null.')
  }

  return {
    create: (record) => ask(async (until) => store.create(record, until), true),
    read: (id) => ask(() => readRecord(id)),
    readWithRetry: (id) => askWithRetry(() => readRecord(id)),
    update: (id, held, change) => ask(async (until) => store.update(id, held, change, until), true),
    end: (id, ending) => ask(async (until) => store.end(id, ending, until)),
    async list(userId) {
      await ask(() => store.read(probeId))
      try {
        return await withDeadline(async () => store.list(userId), longDeadlines)
      } catch (error) {
        throw storeUnavailableError(error)
      }
    },
    // In the background, however long it takes; but not while the store is down.
    ...(store.sweep !== undefined && {
      async sweep(before: number) {
        if (breaker.failuresLeft === 0) return 0
        try {
          return await store.sweep!(before)
        } catch (error) {
          reportDown(error, 'full')
          throw error
        }
      },
    }),
    get isDown() {
      return breaker.failuresLeft === 0
    },
  }
}

/** Whether a write was carried out, or not begun, and too few replicas have answered. */
export const lacksReplicas = (error: unknown): boolean =>
  error instanceof SojournError && error.cause instanceof TooFewReplicas

function storeUnavailableError(cause: unknown): SojournError {
  return new SojournError(
    'ERR_SESSION_UNAVAILABLE',
    `The session store did not answer: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause },
  )
}
