import type { KnownSession } from './facts.ts'
import { never } from './values.ts'

/**
 * A session that began without the store has only the time of its sign-in by another clock. It is cut off only if that clock was ahead
 * of the store's by less than this, in milliseconds.
 */
export const adoptionSlackMs = 60_000

/** Whether a revocation surely ends a session that began before it. */
export const isReached = ({ wasWithoutStore }: KnownSession, skewMs: number): boolean =>
  !wasWithoutStore || skewMs < adoptionSlackMs

/** Whether no store has an end of a session, because a cutoff reaches it. If clocks differ much, the cutoff is gone too early. */
export const isOnlyCutOff = (session: KnownSession, skewMs: number): boolean =>
  session.storedAt === never && !isReached(session, skewMs)

/**
 * The user of a session has signed in again. If a server without the store has renewed it, a store that has only cut it off adopts it: by
 * the clocks, the sign-in must be a minute later.
 */
export function signInAgain(session: KnownSession, at: number, skewMs: number): void {
  session.signedInAt = at
  if (isOnlyCutOff(session, skewMs + at - session.isOverSince)) session.isOverSince = never
}
