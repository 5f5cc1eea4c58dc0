import { createBreaker } from '../util/circuit-breaker.ts'
import { createDeadlines } from '../util/deadlines.ts'
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

/**
 * What is asked of a store within a request. Each question is answered, or rejects with `ERR_SESSION_UNAVAILABLE` in time:
 * then it is not known whether a write was done. Rejects with `ERR_DATA`, nothing done, where a store does.
 */
export interface GuardedStore extends Required<Pick<SessionStore, 'list'>>, Pick<SessionStore, 'sweep'> {
  create(record: SessionRecord): Promise<boolean>
  read(id: string): Promise<SessionRecord | Ending | null>
  /** As `read`; but asks again where one answer is slow, or lost, unless the store counts as down then. */
  readPatiently(id: string): Promise<SessionRecord | Ending | null>
  update(id: string, held: Held, change: RecordChange): Promise<number | null>
  end(id: string, ending: Ending): Promise<boolean | 'unconfirmed'>
  /** Whether it counts as down: it left five questions in a row without an answer. */
  readonly isDown: boolean
}

/** How many writes in a row fail, while all else is answered, before a store is told of as one that has no room. */
const mostRefused = 5
/** How much longer a listing may take than all else: of somebody who has thousands of sessions it is no sign of an outage. */
const listing = 40
/** No session has such an id. */
const nobody = 'nobody'

/**
 * A store that is asked with a deadline, and left alone while it is down. Its failures are told as events; to the caller, with
 * the driver's own error as the cause.
 *
 * @param timeout how long to wait for an answer, in seconds
 */
export function guarded(store: SessionStore, events: Events, timeout: number): GuardedStore {
  const breaker = createBreaker()
  const deadlines = createDeadlines(timeout * 1000)
  const longDeadlines = createDeadlines(timeout * 1000 * listing)
  let refused = 0
  let told: 'down' | 'full' | null = null
  let lastError: unknown

  async function ask<Answer>(question: (until: number) => Promise<Answer>, needsRoom = false): Promise<Answer> {
    if (!breaker.admits(needsRoom)) throw unavailable(lastError)
    try {
      const answer = await inTime(question)
      breaker.answered()
      if (needsRoom) refused = 0
      if (told === 'down' || needsRoom) tellUp()
      return answer
    } catch (error) {
      // What it cannot keep of a session's data is no failure of the store's.
      if (error instanceof SojournError && error.code === 'ERR_DATA') {
        breaker.answered()
        throw error
      }
      // One that lacks replicas answers, and keeps nobody from reading.
      if (error instanceof TooFewReplicas) breaker.answered()
      else breaker.missed(needsRoom)
      if (needsRoom) refused++
      lastError = error
      if (breaker.left === 0 || refused >= mostRefused) tellDown(error, breaker.left === 0 ? 'down' : 'full')
      throw unavailable(error)
    }
  }

  function inTime<Answer>(question: (until: number) => Promise<Answer>, within = deadlines): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let isOver = false
      const deadline = within.begin(() => {
        isOver = true
        reject(new Error(`No answer within ${timeout} s.`))
      })
      const attempt = async (): Promise<void> => {
        try {
          const answer = await question(Date.now() + deadline.left())
          if (deadline.stop()) resolve(answer)
        } catch (error) {
          // Nothing happened, and there is still time: this process stood still, not the store. In another turn of the event
          // loop, since a store may say so without asking anybody, and time would stand still.
          if (error instanceof TooLate && !isOver) return void setImmediate(attempt)
          if (deadline.stop()) reject(error)
        }
      }
      void attempt()
    })
  }

  /** One answer that is slow, or lost, is no outage: asks again, and whether the store answers anything at all. */
  async function patiently<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask(question)
    } catch (error) {
      const { left } = breaker
      if (left === 0) throw error
      const again = Array.from({ length: Math.ceil(left / 2) }, () => ask(question))
      // Of one session alone that is no more than half: what cannot be told of it says nothing of the others.
      const probes = Array.from({ length: Math.floor(left / 2) }, () => ask(() => store.read(nobody)))
      const probed = Promise.any(probes).then(
        () => true,
        () => false,
      )
      try {
        return await Promise.any(again)
      } catch {
        if (!(await probed)) throw error
        return ask(question)
      }
    }
  }

  function tellDown(error: unknown, as: 'down' | 'full'): void {
    const isNews = told === null
    told = as
    if (!isNews) return
    if (events.emit !== null) events.emit({ type: 'store-down', error })
    // Nobody listens, and visitors get a 503 that says nothing.
    else console.error(`sojourn: the session store ${as === 'down' ? 'does not answer' : 'takes no writes'}.`, error)
  }

  function tellUp(): void {
    if (told !== null) events.emit?.({ type: 'store-up' })
    told = null
  }

  async function read(id: string): Promise<SessionRecord | Ending | null> {
    const found = await store.read(id)
    // A client that mixes up its answers must open nobody else's session, nor have this one pass for ended.
    const isAnswer = Number.isFinite(found?.expiresAt) && (isEnding(found!) || found!.id === id)
    if (found === null || isAnswer) return found
    throw new TypeError('The session store gave neither the record that it was asked for, nor an ending, nor null.')
  }

  return {
    create: (record) => ask(async (until) => store.create(record, until), true),
    read: (id) => ask(() => read(id)),
    readPatiently: (id) => patiently(() => read(id)),
    update: (id, held, change) => ask(async (until) => store.update(id, held, change, until), true),
    end: (id, ending) => ask(async (until) => store.end(id, ending, until)),
    async list(userId) {
      await ask(() => store.read(nobody))
      try {
        return await inTime(async () => store.list(userId), longDeadlines)
      } catch (error) {
        throw unavailable(error)
      }
    },
    // In the background, however long it takes; but not while the store is down.
    ...(store.sweep !== undefined && {
      async sweep(before: number) {
        if (breaker.left === 0) return 0
        try {
          return await store.sweep!(before)
        } catch (error) {
          tellDown(error, 'full')
          throw error
        }
      },
    }),
    get isDown() {
      return breaker.left === 0
    },
  }
}

/** Whether a write was carried out, or not begun, and too few replicas have answered. */
export const lacksReplicas = (error: unknown): boolean =>
  error instanceof SojournError && error.cause instanceof TooFewReplicas

function unavailable(cause: unknown): SojournError {
  return new SojournError(
    'ERR_SESSION_UNAVAILABLE',
    `The session store did not answer: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause },
  )
}
