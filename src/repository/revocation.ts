import { SojournError } from '../core/errors.ts'
import { absoluteExpiry, expiryReason } from '../core/lifetime.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import { isReservedId } from '../stores/reserved-ids.ts'
import { isEnding, type Ending, type SessionInfo, type SessionRecord } from '../stores/store.ts'
import { lacksReplicas } from './resilient-store.ts'
import type { StoreContext } from './store-context.ts'
import type { ExceptSession } from './user-cutoffs.ts'

/** What became of a revocation. */
export interface Revocation {
  /** How many sessions ended. */
  readonly ended: number
  /** `false` while a replica that the store was asked to wait for has not answered: a failover could undo it. */
  readonly confirmed: boolean
}

/** How often a user's sessions are listed until none is left that has to end. */
const maxRounds = 20

/** How many are ended at once. */
const batchSize = 100

/** @param onRevoked is told of each session once it is over */
export function createRevocation(
  { store, userCutoffs, endQueue, lifetimes, events }: StoreContext,
  onRevoked: (id: string) => void,
) {
  const isUnexpired = (session: SessionInfo, now: number): boolean => expiryReason(session, lifetimes, now) === null

  async function revokeSession(session: SessionInfo, now: number): Promise<Revocation> {
    const ending: Ending = { ended: 'revoked', endedAt: now, expiresAt: absoluteExpiry(session, lifetimes) }
    const { id, userId } = session
    const answer = await store.end(id, ending).catch((error: unknown) => {
      // It has ended already, by somebody who was not answered by all replicas either: another failover could undo it.
      if (lacksReplicas(error)) return null
      throw error
    })
    const confirmed = typeof answer === 'boolean'
    if (!confirmed) endQueue.endLater(id, ending)
    if (answer !== false) onRevoked(id)
    if (!answer) return { ended: 0, confirmed }
    events.emit?.({ type: 'ended', reason: 'revoked', id, userId, confirmed })
    return { ended: 1, confirmed }
  }

  async function listSessions(userId: string): Promise<SessionInfo[]> {
    return (await store.list(userId)).filter((session) => session.userId === userId)
  }

  /** Ends sessions, some at a time, and resolves to what became of those that were live. */
  async function revokeSessions(sessions: readonly SessionInfo[], now: number): Promise<Revocation[]> {
    const results: Revocation[] = []
    for (let at = 0; at < sessions.length; at += batchSize) {
      const batch = sessions.slice(at, at + batchSize)
      const answers = await Promise.all(batch.map((session) => revokeSession(session, now)))
      results.push(...answers.filter((_, index) => isUnexpired(batch[index]!, now)))
    }
    return results
  }

  return {
    async list(userId: string, now: number): Promise<SessionInfo[]> {
      const live = (await listSessions(checkUserId(userId))).filter((session) => isUnexpired(session, now))
      return live.toSorted((one, other) => other.lastSeenAt - one.lastSeenAt).map(toSessionInfo)
    },

    async revoke(userId: string, id: string, now: number): Promise<Revocation> {
      checkUserId(userId)
      const found = isSessionId(id) && !isReservedId(id) ? await store.read(id) : null
      // Asked again: whether it stays ended is what is asked.
      if (found !== null && isEnding(found)) return { ended: 0, confirmed: await staysEnded(id, found) }
      // Ids come from forms: one of somebody else's ends nothing, and says no more than one that there never was.
      if (found === null || found.userId !== userId) return emptyRevocation
      return sumRevocations(await revokeSessions([found], now))
    },

    async revokeAll(userId: string, moment: LogicalTime, except: ExceptSession | null): Promise<Revocation> {
      checkUserId(userId)
      if (except?.signingInAt === null && !(await isUnexpiredSessionOf(except.id, userId, moment.at)))
        return emptyRevocation
      let isCutoffAccepted = true
      const cutoffWrite = userCutoffs.write(userId, moment, except)
      try {
        isCutoffAccepted = await cutoffWrite
      } catch {
        // A full store has no room for a note, and ends sessions all the same: those that there are end, and then it is told.
      }
      if (!isCutoffAccepted) return emptyRevocation
      // Before all else, since what follows may fail half-way.
      cutoffWrite.catch((error: unknown) => {
        if (lacksReplicas(error)) endQueue.repeat(`all of ${userId}`, () => userCutoffs.write(userId, moment, except))
      })
      const results = await revokeListed(userId, moment, except)
      const isCutoffConfirmed = await cutoffWrite.catch((error: unknown) => {
        if (!lacksReplicas(error)) throw error
        return false
      })
      const { ended, confirmed } = sumRevocations(results)
      return { ended, confirmed: confirmed && isCutoffConfirmed }
    },
  }

  async function revokeListed(
    userId: string,
    moment: LogicalTime,
    except: ExceptSession | null,
  ): Promise<Revocation[]> {
    const results: Revocation[] = []
    for (let round = 0; round < maxRounds; round++) {
      // Also what idled out by our clock: a request of it may be under way, and another server may have other limits. What
      // the first listing shows was there before, whatever a clock that is ahead of ours wrote on it.
      const remaining = (await listSessions(userId)).filter(
        ({ id, signedInAt, createdAt }) => id !== except?.id && (round === 0 || (signedInAt ?? createdAt) <= moment.at),
      )
      if (remaining.length === 0) return results
      results.push(...(await revokeSessions(remaining, moment.at)))
    }
    throw new SojournError('ERR_SESSION_UNAVAILABLE', 'The session store goes on listing sessions that were ended.')
  }

  async function staysEnded(id: string, ending: Ending): Promise<boolean> {
    try {
      return (await store.end(id, ending)) !== 'unconfirmed'
    } catch (error) {
      if (lacksReplicas(error)) return false
      throw error
    }
  }

  async function isUnexpiredSessionOf(id: string, userId: string, now: number): Promise<boolean> {
    const found = await store.read(id)
    return found !== null && !isEnding(found) && found.userId === userId && isUnexpired(found, now)
  }
}

const emptyRevocation: Revocation = { ended: 0, confirmed: true }

function sumRevocations(results: readonly Revocation[]): Revocation {
  const count = results.reduce((sum, { ended }) => sum + ended, 0)
  return { ended: count, confirmed: results.every(({ confirmed }) => confirmed) }
}

function checkUserId(userId: string): string {
  if (typeof userId === 'string' && userId !== '') return userId
  throw new SojournError(
    'ERR_USER_ID',
    `Sessions are listed and ended by the id of a user, a text that is not empty; not ${userId === '' ? 'an empty one' : typeof userId}.`,
  )
}

/** Whether a text can be an id at all; no store is asked for others. */
function isSessionId(id: unknown): id is string {
  return typeof id === 'string' && /^[\w.-]{1,128}$/.test(id)
}

// By name, since a store may give more than it is asked for.
function toSessionInfo(session: SessionInfo | SessionRecord): SessionInfo {
  const { id, userId, createdAt, signedInAt, lastSeenAt, expiresAt, remember, label } = session
  return { id, userId, createdAt, signedInAt, lastSeenAt, expiresAt, remember, label }
}
