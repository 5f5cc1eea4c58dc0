import { SojournError } from './errors.ts'
import type { Events } from './events.ts'
import type { Ending, SessionRecord, SessionStore } from './store.ts'

/** What is asked of a store within a request. */
export type GuardedStore = Required<Pick<SessionStore, 'create' | 'read' | 'update' | 'end' | 'list'>> &
  Pick<SessionStore, 'sweep'>

/** For how long after it was told of an outage the next one is not, in milliseconds. */
const quiet = 60_000

/**
 * A store whose failures are told: as an event when it stops answering and when it answers again, and to the caller as
 * `ERR_SESSION_UNAVAILABLE` with the driver's own error as its cause.
 */
export function guarded(store: SessionStore, events: Events, now: () => number): GuardedStore {
  let isDown = false
  let isTold = false
  let toldAt = -Infinity

  async function ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    try {
      const answer = await question()
      if (isDown) tellUp()
      return answer
    } catch (error) {
      tellDown(error)
      throw new SojournError(
        'ERR_SESSION_UNAVAILABLE',
        `The session store did not answer: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      )
    }
  }

  function tellDown(error: unknown): void {
    isDown = true
    // A store that refuses some calls and answers others, as a full one does, is not told of each time; one that stays down is.
    if (isTold || Math.abs(now() - toldAt) < quiet) return
    isTold = true
    toldAt = now()
    if (events.emit !== null) events.emit({ type: 'store-down', error })
    // Nobody listens, and visitors get a 503 that says nothing.
    else console.error('sojourn: the session store does not answer.', error)
  }

  function tellUp(): void {
    isDown = false
    if (isTold) events.emit?.({ type: 'store-up' })
    isTold = false
  }

  async function read(id: string): Promise<SessionRecord | Ending | null> {
    const found = await store.read(id)
    if (found === null || Number.isFinite(found?.expiresAt)) return found
    throw new TypeError('The session store gave neither a record nor an ending nor null.')
  }

  return {
    create: (record) => ask(() => store.create(record)),
    read: (id) => ask(() => read(id)),
    update: (id, held, change) => ask(() => store.update(id, held, change)),
    end: (id, ending) => ask(() => store.end(id, ending)),
    list: (userId) => ask(() => store.list(userId)),
    ...(store.sweep !== undefined && { sweep: (before: number) => ask(() => store.sweep!(before)) }),
  }
}
