import { SojournError } from '../core/errors.ts'
import { expiresAt, expiryReason, type Lifetimes } from '../core/lifetime.ts'
import type { Cutoff, EndAllResult, Ending, SessionInfo, SparedSession } from '../stores/store.ts'
import { orElse } from '../util/store-answers.ts'
import { createRetryQueue } from './retry-queue.ts'
import { lacksReplicas } from './store-errors.ts'
import type { StoreContext } from './store-context.ts'

/** The result of `revoke`. */
export interface Revocation {
  /** How many sessions ended. */
  readonly ended: number
  /** `false` if a replica that the store waits for has not answered: a failover could undo the revocation. */
  readonly confirmed: boolean
}

/** The result of `revokeAll`. */
export interface RevocationOfAll extends Revocation {
  /** Whether nothing was done, because the session to keep has itself ended. Then its visitor has to sign in again. */
  readonly exceptEnded: boolean
}

/** How many cutoffs are repeated at most. */
const maxCutoffs = 10_000
/** How many ended sessions are noted before other work gets a turn. */
const batchSize = 500

/**
 * Creates `list`, `revoke` and `revokeAll`. Each is one call of the store.
 *
 * @param onRevoked is called with the id of each session that is over
 */
export function createRevocation(context: StoreContext, onRevoked: (id: string) => void) {
  const { store, endQueue, known, lifetimes, events } = context

  /** Cutoffs that a failover could undo. They are repeated until enough replicas have them. */
  const unconfirmedCutoffs = createRetryQueue(maxCutoffs, () => {})

  /** The ending of sessions that are not read before. It is kept until no cookie of any of them can open. */
  const endingAt = (now: number): Ending => ({
    ended: 'revoked',
    endedAt: now,
    expiresAt: Math.ceil(now + lifetimes.absoluteTimeout * 1000),
  })

  function learn(id: string): void {
    known.add({ id, isGuest: false, ended: 'revoked' })
    onRevoked(id)
  }

  async function putCutoff(userId: string, cutoff: Cutoff): Promise<boolean> {
    await store.putCutoff(userId, cutoff)
    return true
  }

  return {
    async list(userId: string, now: number): Promise<SessionInfo[]> {
      const sessions = await store.list(checkUserId(userId))
      return sessions
        .filter((session) => session.userId === userId && isUnexpired(session, lifetimes, now))
        .toSorted((one, other) => other.lastSeenAt - one.lastSeenAt)
        .map((session) => toSessionInfo(session, lifetimes))
    },

    async revoke(userId: string, id: string, now: number): Promise<Revocation> {
      checkUserId(userId)
      // Ids come from forms. The id of another user's session ends nothing, because a key names the user too.
      if (!isSessionId(id)) return { ended: 0, confirmed: true }
      const key = { id, userId }
      const ending = endingAt(now)
      const onLate = (isEnded: boolean | 'unconfirmed') => void (isEnded && learn(id))
      const answer = await orElse(store.end(key, ending, undefined, onLate), (error) => {
        // Another call has ended it already, and too few replicas know. A failover could undo that.
        if (lacksReplicas(error)) return null
        throw error
      })
      const confirmed = typeof answer === 'boolean'
      if (!confirmed) endQueue.repeat(key, ending)
      if (!answer) return { ended: 0, confirmed }
      learn(id)
      events.emitter()?.({ type: 'ended', reason: 'revoked', id, userId, confirmed })
      return { ended: 1, confirmed }
    },

    async revokeAll(userId: string, except: SparedSession | null, now: number): Promise<RevocationOfAll> {
      const ending = endingAt(now)
      const onLate = ({ ended }: EndAllResult) => ended.forEach(learn)
      const result = await store.endAll(checkUserId(userId), ending, except, onLate)
      const { isDone, ended, isConfirmed: confirmed, cutoff } = result
      if (cutoff !== undefined) unconfirmedCutoffs.add(userId, { attempt: async () => putCutoff(userId, cutoff) })
      if (!isDone) known.addUnknown({ id: except!.id, isGuest: false }, [], true)
      for (const [index, id] of ended.entries()) {
        if (index % batchSize === batchSize - 1) await new Promise(setImmediate)
        learn(id)
        if (!confirmed) endQueue.repeat({ id, userId }, ending)
        events.emitter()?.({ type: 'ended', reason: 'revoked', id, userId, confirmed })
      }
      return { ended: ended.length, confirmed, exceptEnded: !isDone }
    },
  }
}

const isUnexpired = (session: SessionInfo, lifetimes: Lifetimes, now: number): boolean =>
  expiryReason(session, lifetimes, now) === null

function checkUserId(userId: string): string {
  if (typeof userId === 'string' && userId !== '') return userId
  const actual = userId === '' ? 'empty' : `of type ${typeof userId}`
  const advice = typeof userId === 'number' ? ' Write String(id).' : ''
  throw new SojournError(
    'ERR_USER_ID',
    `list, revoke and revokeAll need a user id, which is a text that is not empty. This one is ${actual}.${advice}`,
  )
}

/** Returns whether a value can be the id of a session. The store is not asked for others. */
function isSessionId(id: unknown): id is string {
  return typeof id === 'string' && /^[\w.-]{1,128}$/.test(id)
}

/** Picks the public fields by name, because a store may return more than it has to. */
function toSessionInfo(session: SessionInfo, lifetimes: Lifetimes): SessionInfo {
  const { id, userId, createdAt, signedInAt, lastSeenAt, remember, label } = session
  const { idleTimeout, absoluteTimeout, methods } = session
  return {
    id,
    userId,
    createdAt,
    signedInAt,
    lastSeenAt,
    // A store may keep the record for longer.
    expiresAt: Math.min(session.expiresAt, expiresAt(session, lifetimes, lastSeenAt)),
    remember,
    label,
    idleTimeout,
    absoluteTimeout,
    methods,
  }
}
