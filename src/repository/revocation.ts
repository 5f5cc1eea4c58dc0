import { SojournError } from '../core/errors.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import { isReservedId } from '../stores/reserved-ids.ts'
import { isEnding, type SessionInfo, type SessionRecord } from '../stores/store.ts'
import type { Found } from './resilient-store.ts'
import { lacksReplicas } from './store-errors.ts'
import {
  createSessionRevocation,
  emptyRevocation,
  isUnexpired,
  sumRevocations,
  type Revocation,
} from './session-revocation.ts'
import type { StoreContext } from './store-context.ts'
import type { ExceptSession } from './user-cutoffs.ts'

/** How often a user's sessions are listed and ended, until no session from before the call is left. */
const maxRounds = 20

/**
 * Creates `list`, `revoke` and `revokeAll`.
 *
 * One closure, because each of the three needs most of the functions below.
 *
 * @param onRevoked is called with the id of each session that is over
 */
export function createRevocation(context: StoreContext, onRevoked: (id: string) => void) {
  const { store, userCutoffs, endQueue, known, lifetimes } = context
  const { revokeSessions, isEndConfirmed } = createSessionRevocation(context, onRevoked)

  return {
    async list(userId: string, now: number): Promise<SessionInfo[]> {
      const sessions = await listSessions(checkUserId(userId))
      return sessions
        .filter((session) => isUnexpired(session, lifetimes, now))
        .toSorted((one, other) => other.lastSeenAt - one.lastSeenAt)
        .map(toSessionInfo)
    },

    async revoke(userId: string, id: string, now: number): Promise<Revocation> {
      checkUserId(userId)
      const found = isSessionId(id) && !isReservedId(id) ? await read(id) : null
      if (found !== null && isEnding(found)) return { ended: 0, confirmed: await isEndConfirmed(id, found) }
      // Ids come from forms. The id of another user's session ends nothing, and the result does not show that it exists.
      if (found === null || found.userId !== userId) return emptyRevocation
      return revokeSessions([found], now)
    },

    /** @param isOver whether the caller has stopped waiting. Then no more sessions are ended. */
    async revokeAll(
      userId: string,
      moment: LogicalTime,
      except: ExceptSession | null,
      isOver: () => boolean,
    ): Promise<Revocation> {
      checkUserId(userId)
      if (except?.signingInAt === null && !(await isLiveSessionOf(except.id, userId, moment.at))) return emptyRevocation
      // The cutoff first, because ending the listed sessions may fail half-way.
      const cutoff = await writeCutoff(userId, moment, except)
      if (cutoff === 'refused') return emptyRevocation
      const listed = await revokeListed(userId, moment, except, isOver)
      // A full store had no room for the cutoff. The listed sessions are ended all the same, and then the error is thrown.
      if (typeof cutoff === 'object') throw cutoff.error
      return sumRevocations([listed, { ended: 0, confirmed: cutoff === 'confirmed' }])
    },
  }

  /** Writes the user's cutoff. It is repeated in the background if replicas did not confirm it. */
  async function writeCutoff(
    userId: string,
    moment: LogicalTime,
    except: ExceptSession | null,
  ): Promise<'confirmed' | 'unconfirmed' | 'refused' | { readonly error: unknown }> {
    const write = () => userCutoffs.write(userId, moment, except)
    try {
      return (await write()) ? 'confirmed' : 'refused'
    } catch (error) {
      if (!lacksReplicas(error)) return { error }
      endQueue.repeat(`all of ${userId}`, write)
      return 'unconfirmed'
    }
  }

  async function revokeListed(
    userId: string,
    moment: LogicalTime,
    except: ExceptSession | null,
    isOver: () => boolean,
  ): Promise<Revocation> {
    const results: Revocation[] = []
    for (let round = 0; round < maxRounds; round++) {
      // Also sessions that are idle by our clock: one of their requests may be in progress, and another server may have other
      // limits. Sessions in the first list existed before, whatever time a clock that is ahead has written into them.
      const remaining = (await listSessions(userId)).filter(
        ({ id, signedInAt, createdAt }) => id !== except?.id && (round === 0 || (signedInAt ?? createdAt) <= moment.at),
      )
      if (remaining.length === 0) return sumRevocations(results)
      results.push(await revokeSessions(remaining, moment.at, isOver))
    }
    throw new SojournError('ERR_SESSION_UNAVAILABLE', 'The session store still lists sessions that were ended.')
  }

  async function listSessions(userId: string): Promise<SessionInfo[]> {
    return (await store.list(userId)).filter((session) => session.userId === userId)
  }

  /** Reads a user's session, and learns whether it has ended. */
  async function read(id: string): Promise<Found> {
    const learn = (found: Found): void => {
      if (found !== null && isEnding(found)) known.add({ id, isGuest: false, ended: found.ended })
    }
    const found = await store.read(id, undefined, learn)
    learn(found)
    return found
  }

  async function isLiveSessionOf(id: string, userId: string, now: number): Promise<boolean> {
    const found = await read(id)
    return found !== null && !isEnding(found) && found.userId === userId && isUnexpired(found, lifetimes, now)
  }
}

function checkUserId(userId: string): string {
  if (typeof userId === 'string' && userId !== '') return userId
  const actual = userId === '' ? 'an empty text' : typeof userId
  throw new SojournError(
    'ERR_USER_ID',
    `list, revoke and revokeAll need a user id: a text that is not empty, not ${actual}.`,
  )
}

/** Returns whether a value can be the id of a session. The store is not asked for others. */
function isSessionId(id: unknown): id is string {
  return typeof id === 'string' && /^[\w.-]{1,128}$/.test(id)
}

/** Picks the public fields by name, because a store may return more than it has to. */
function toSessionInfo(session: SessionInfo | SessionRecord): SessionInfo {
  const { id, userId, createdAt, signedInAt, lastSeenAt, expiresAt, remember, label } = session
  return { id, userId, createdAt, signedInAt, lastSeenAt, expiresAt, remember, label }
}
