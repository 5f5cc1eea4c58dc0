import type { Presence } from './store-context.ts'
import { absoluteEnd, outlived } from '../core/lifetime.ts'
import { SojournError } from '../core/errors.ts'
import { lacksReplicas } from './resilient-store.ts'
import type { Spared } from './user-cutoffs.ts'
import type { Moment } from '../core/logical-time.ts'
import { isReserved } from '../stores/reserved-ids.ts'
import { isEnding, type Ending, type SessionInfo, type SessionRecord } from '../stores/store.ts'

/** What became of a revocation. */
export interface Revocation {
  /** How many sessions ended. */
  readonly ended: number
  /** `false` while a replica that the store was asked to wait for has not answered: a failover could undo it. */
  readonly confirmed: boolean
}

/** How often a user's sessions are listed until none is left that has to end. */
const rounds = 20

/** How many are ended at once. */
const together = 100

/** @param revoked is told of each session once it is over */
export function createRevocation({ store, notes, ends, lifetimes, events }: Presence, revoked: (id: string) => void) {
  const isLive = (session: SessionInfo, now: number): boolean => outlived(session, lifetimes, now) === null

  async function end(session: SessionInfo, now: number): Promise<Revocation> {
    const ending: Ending = { ended: 'revoked', endedAt: now, expiresAt: absoluteEnd(session, lifetimes) }
    const { id, userId } = session
    const ended = await store.end(id, ending).catch((error: unknown) => {
      // It has ended already, by somebody who was not answered by all replicas either: another failover could undo it.
      if (lacksReplicas(error)) return null
      throw error
    })
    const confirmed = typeof ended === 'boolean'
    if (!confirmed) ends.endLater(id, ending)
    if (ended !== false) revoked(id)
    if (!ended) return { ended: 0, confirmed }
    events.emit?.({ type: 'ended', reason: 'revoked', id, userId, confirmed })
    return { ended: 1, confirmed }
  }

  async function allOf(userId: string): Promise<SessionInfo[]> {
    return (await store.list(userId)).filter((session) => session.userId === userId)
  }

  /** Ends sessions, some at a time, and resolves to what became of those that were live. */
  async function endAll(sessions: readonly SessionInfo[], now: number): Promise<Revocation[]> {
    const results: Revocation[] = []
    for (let at = 0; at < sessions.length; at += together) {
      const some = sessions.slice(at, at + together)
      const ended = await Promise.all(some.map((session) => end(session, now)))
      results.push(...ended.filter((_, index) => isLive(some[index]!, now)))
    }
    return results
  }

  return {
    async list(userId: string, now: number): Promise<SessionInfo[]> {
      const live = (await allOf(checkedUser(userId))).filter((session) => isLive(session, now))
      return live.toSorted((one, other) => other.lastSeenAt - one.lastSeenAt).map(shown)
    },

    async revoke(userId: string, id: string, now: number): Promise<Revocation> {
      checkedUser(userId)
      const found = isId(id) && !isReserved(id) ? await store.read(id) : null
      // Asked again: whether it stays ended is what is asked.
      if (found !== null && isEnding(found)) return { ended: 0, confirmed: await staysEnded(id, found) }
      // Ids come from forms: one of somebody else's ends nothing, and says no more than one that there never was.
      if (found === null || found.userId !== userId) return nothing
      return revocationOf(await endAll([found], now))
    },

    async revokeAll(userId: string, moment: Moment, spared: Spared | null): Promise<Revocation> {
      checkedUser(userId)
      if (spared?.coming === null && !(await isLiveOf(spared.id, userId, moment.at))) return nothing
      let isNoted = true
      const noted = notes.write(userId, moment, spared)
      try {
        isNoted = await noted
      } catch {
        // A full store has no room for a note, and ends sessions all the same: those that there are end, and then it is told.
      }
      if (!isNoted) return nothing
      // Before all else, since what follows may fail half-way.
      noted.catch((error: unknown) => {
        if (lacksReplicas(error)) ends.repeat(`all of ${userId}`, () => notes.write(userId, moment, spared))
      })
      const results = await endListed(userId, moment, spared)
      const isKept = await noted.catch((error: unknown) => {
        if (!lacksReplicas(error)) throw error
        return false
      })
      const { ended, confirmed } = revocationOf(results)
      return { ended, confirmed: confirmed && isKept }
    },
  }

  async function endListed(userId: string, moment: Moment, spared: Spared | null): Promise<Revocation[]> {
    const results: Revocation[] = []
    for (let round = 0; round < rounds; round++) {
      // Also what idled out by our clock: a request of it may be under way, and another server may have other limits. What
      // the first listing shows was there before, whatever a clock that is ahead of ours wrote on it.
      const left = (await allOf(userId)).filter(
        ({ id, signedInAt, createdAt }) => id !== spared?.id && (round === 0 || (signedInAt ?? createdAt) <= moment.at),
      )
      if (left.length === 0) return results
      results.push(...(await endAll(left, moment.at)))
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

  async function isLiveOf(id: string, userId: string, now: number): Promise<boolean> {
    const found = await store.read(id)
    return found !== null && !isEnding(found) && found.userId === userId && isLive(found, now)
  }
}

const nothing: Revocation = { ended: 0, confirmed: true }

function revocationOf(results: readonly Revocation[]): Revocation {
  const count = results.reduce((sum, { ended }) => sum + ended, 0)
  return { ended: count, confirmed: results.every(({ confirmed }) => confirmed) }
}

function checkedUser(userId: string): string {
  if (typeof userId === 'string' && userId !== '') return userId
  throw new SojournError(
    'ERR_USER_ID',
    `Sessions are listed and ended by the id of a user, a text that is not empty; not ${userId === '' ? 'an empty one' : typeof userId}.`,
  )
}

/** Whether a text can be an id at all; no store is asked for others. */
function isId(id: unknown): id is string {
  return typeof id === 'string' && /^[\w.-]{1,128}$/.test(id)
}

// By name, since a store may give more than it is asked for.
function shown(session: SessionInfo | SessionRecord): SessionInfo {
  const { id, userId, createdAt, signedInAt, lastSeenAt, expiresAt, remember, label } = session
  return { id, userId, createdAt, signedInAt, lastSeenAt, expiresAt, remember, label }
}
