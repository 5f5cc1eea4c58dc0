import { absoluteExpiry, expiresAt, type Lifetimes } from '../core/lifetime.ts'
import type { Identity, Token } from '../core/token.ts'
import type { CreateOptions, Ending, SessionKey, SessionRecord } from '../stores/store.ts'
import { constantTimeEqual } from '../util/constant-time-equal.ts'
import { sha256 } from '../util/sha256.ts'

/** Returns the key of a token's session. */
export const keyOf = ({ identity, userId }: Token): SessionKey => ({ id: identity!.id, userId })

/** Returns the hash of a token's secret. */
export const hashOf = ({ identity }: Token): string => identity!.secretHash ?? sha256(identity!.secret)

/** Creates the record of a token's session. */
export function recordOf(token: Token, version: number, lifetimes: Lifetimes): SessionRecord {
  const { identity, userId, signedInAt, lastSeenAt, remember, label, idleTimeout, absoluteTimeout, methods } = token
  const createdAt = token.createdAt ?? lastSeenAt
  return {
    id: identity!.id,
    secretHash: hashOf(token),
    version,
    userId,
    createdAt,
    signedInAt,
    lastSeenAt,
    expiresAt: storeExpiry(token, lifetimes, lastSeenAt),
    remember,
    label,
    idleTimeout,
    absoluteTimeout,
    methods,
    data: token.data ?? {},
  }
}

/** How far the clock of a server that signed a user in without a store may differ from the store's, in milliseconds. */
const maxClockSkewMs = 60_000

/** Returns the conditions for the record of a session that began without the store: `revokeAll` must not have run after its sign-in. */
export const adoptionOf = ({ signedInAt, writtenAt }: Token): CreateOptions => ({
  beganAt: (signedInAt ?? writtenAt ?? 0) - maxClockSkewMs,
})

type Expiring = Pick<Token, 'createdAt' | 'signedInAt' | 'idleTimeout' | 'absoluteTimeout'>

/**
 * Returns until when a store keeps the record of a session. If its user has signed in again, with shorter limits of its own,
 * cookies from before have no such limits. So the record stays until they cannot open either: without it, one of them could be
 * adopted.
 */
export function storeExpiry(
  { createdAt: knownStart, signedInAt, idleTimeout, absoluteTimeout }: Expiring,
  lifetimes: Lifetimes,
  usedAt: number,
): number {
  const createdAt = knownStart ?? usedAt
  const hasOldCookies = signedInAt !== null && createdAt < signedInAt
  const own = hasOldCookies ? {} : { idleTimeout, absoluteTimeout }
  return expiresAt({ createdAt, signedInAt, ...own }, lifetimes, usedAt)
}

/** Creates the token of a record's session, confirmed now, for the cookie that has the identity. */
export function tokenOf(record: SessionRecord, identity: Identity, now: number): Token {
  const { version, userId, createdAt, signedInAt, lastSeenAt, remember, label, data } = record
  const { idleTimeout = null, absoluteTimeout = null, methods = [] } = record
  return {
    identity,
    userId,
    createdAt,
    signedInAt,
    lastSeenAt,
    remember,
    label,
    confirmedAt: now,
    version,
    data,
    changed: [],
    idleTimeout,
    absoluteTimeout,
    methods,
    record,
  }
}

/**
 * Returns whether a token has the record's secret, so that it is not older than the last renewal. Compares in constant time.
 *
 * @param idIsSecret whether the cookie is only the id. Then the token does not say whose session it is.
 */
export function matchesSecret(record: SessionRecord, token: Token, idIsSecret = false): boolean {
  return constantTimeEqual(record.secretHash, hashOf(token)) && (idIsSecret || record.userId === token.userId)
}

/** Returns the record with `lastSeenAt`, which is computed if the store knows only how much longer it keeps the record. */
export function withLastSeen(record: SessionRecord, { idleTimeout }: Lifetimes, now: number): SessionRecord {
  const { keptFor } = record
  return keptFor === undefined ? record : { ...record, lastSeenAt: Math.floor(now + keptFor - idleTimeout * 1000) }
}

/**
 * Creates the ending of a token's session. It is kept until no cookie of the session can open any more. Its own limit does not
 * count, because a cookie from before the last sign-in may have none.
 */
export function endingOf(
  token: Token,
  ended: Ending['ended'],
  now: number,
  { lifetimes, idIsSecret }: { readonly lifetimes: Lifetimes; readonly idIsSecret: boolean },
): Ending {
  // Flask may write the record of an ended session again. It then lives for an idle timeout, and the ending must outlive it.
  const longestRevival = idIsSecret ? Math.floor(now + 2 * lifetimes.idleTimeout * 1000) : Infinity
  return {
    ended,
    endedAt: now,
    expiresAt: Math.min(absoluteExpiry({ ...token, absoluteTimeout: null }, lifetimes), longestRevival),
  }
}

/** The outcome of a session that is over, except by a timeout. */
export type EndOutcome = 'ended' | 'revoked' | 'limit'

/** Returns the outcome of a session that has ended. */
export const outcomeOf = (reason: Ending['ended']): EndOutcome =>
  reason === 'revoked' || reason === 'limit' ? reason : 'ended'
