import { absoluteExpiry, expiryReason, type Lifetimes } from '../core/lifetime.ts'
import type { Ending, SessionInfo } from '../stores/store.ts'
import { lacksReplicas } from './store-errors.ts'
import type { StoreContext } from './store-context.ts'

/** The result of a revocation. */
export interface Revocation {
  /** How many sessions ended. */
  readonly ended: number
  /** `false` if a replica that the store waits for has not answered: a failover could undo the revocation. */
  readonly confirmed: boolean
}

/** How many sessions are ended at once. */
const batchSize = 100

/** @param onRevoked is called with the id of each session that is over */
export function createSessionRevocation(context: StoreContext, onRevoked: (id: string) => void) {
  const { store, endQueue, known, lifetimes, events } = context

  async function revokeSession(session: SessionInfo, now: number): Promise<Revocation> {
    const ending: Ending = { ended: 'revoked', endedAt: now, expiresAt: absoluteExpiry(session, lifetimes) }
    const { id, userId } = session
    const learn = () => known.add({ id, isGuest: false, ended: 'revoked' })
    const answer = await store.end(id, ending, undefined, learn).catch((error: unknown) => {
      // Another call has ended it already, also without all replicas. A failover could undo that.
      if (lacksReplicas(error)) return null
      throw error
    })
    const confirmed = typeof answer === 'boolean'
    learn()
    if (!confirmed) endQueue.endLater(session, ending)
    if (answer !== false) onRevoked(id)
    if (!answer) return { ended: 0, confirmed }
    events.emit?.({ type: 'ended', reason: 'revoked', id, userId, confirmed })
    return { ended: 1, confirmed }
  }

  return {
    /**
     * Ends sessions in batches, and counts those that had not expired.
     *
     * @param isOver whether the caller has stopped waiting. Then it rejects.
     */
    async revokeSessions(sessions: readonly SessionInfo[], now: number, isOver = () => false): Promise<Revocation> {
      const results: Revocation[] = []
      for (let at = 0; at < sessions.length; at += batchSize) {
        if (isOver()) throw new Error('The call took too long.')
        const batch = sessions.slice(at, at + batchSize)
        const answers = await Promise.all(batch.map((session) => revokeSession(session, now)))
        results.push(...answers.filter((_, index) => isUnexpired(batch[index]!, lifetimes, now)))
      }
      return sumRevocations(results)
    },

    /** Ends an ended session once more, to learn whether all replicas have the ending. */
    async isEndConfirmed(id: string, ending: Ending): Promise<boolean> {
      try {
        return (await store.end(id, ending)) !== 'unconfirmed'
      } catch (error) {
        if (lacksReplicas(error)) return false
        throw error
      }
    },
  }
}

export const emptyRevocation: Revocation = { ended: 0, confirmed: true }

export function sumRevocations(results: readonly Revocation[]): Revocation {
  const count = results.reduce((sum, { ended }) => sum + ended, 0)
  return { ended: count, confirmed: results.every(({ confirmed }) => confirmed) }
}

export const isUnexpired = (session: SessionInfo, lifetimes: Lifetimes, now: number): boolean =>
  expiryReason(session, lifetimes, now) === null
