import { timingSafeEqual } from 'node:crypto'
import { absoluteExpiry, expiresAt, type Lifetimes } from '../core/lifetime.ts'
import type { Identity, Token } from '../core/token.ts'
import type { Ending, SessionRecord } from '../stores/store.ts'
import { sha256 } from '../util/sha256.ts'

/** The record that a token's session is kept as. */
export function recordOf(token: Token, version: number, lifetimes: Lifetimes): SessionRecord {
  const { identity, userId, signedInAt, lastSeenAt, remember, label } = token
  const createdAt = token.createdAt ?? lastSeenAt
  return {
    id: identity!.id,
    secretHash: sha256(identity!.secret),
    version,
    userId,
    createdAt,
    signedInAt,
    lastSeenAt,
    expiresAt: expiresAt({ createdAt, signedInAt }, lifetimes, lastSeenAt),
    remember,
    label,
    data: token.data ?? {},
  }
}

/** A session as its record has it, for whoever holds the identity; confirmed just now. */
export function tokenOf(record: SessionRecord, identity: Identity, now: number): Token {
  const { version, userId, createdAt, signedInAt, lastSeenAt, remember, label, data } = record
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
  }
}

/**
 * Whether a token is of the record's session, and no older than its last renewal. In constant time.
 *
 * @param idIsSecret whether the token is of a cookie that is nothing but the id, and does not say whose it is
 */
export function matchesSecret(record: SessionRecord, token: Token, idIsSecret = false): boolean {
  const [expected, actual] = [Buffer.from(record.secretHash), Buffer.from(sha256(token.identity!.secret))]
  const isSecret = expected.length === actual.length && timingSafeEqual(expected, actual)
  return isSecret && (idIsSecret || record.userId === token.userId)
}

/** A record with when it was last used, also of a store that knows no more than for how much longer it keeps it. */
export function withLastSeen(record: SessionRecord, { idleTimeout }: Lifetimes, now: number): SessionRecord {
  const { keptFor } = record
  return keptFor === undefined ? record : { ...record, lastSeenAt: Math.floor(now + keptFor - idleTimeout * 1000) }
}

/** The ending that replaces a token's record, kept until no cookie of the session can open any more. */
export function endingOf(
  token: Token,
  ended: Ending['ended'],
  now: number,
  { lifetimes, idIsSecret }: { readonly lifetimes: Lifetimes; readonly idIsSecret: boolean },
): Ending {
  // Flask may write the record of an ended session again. It then lives for an idle timeout, and the ending must outlive it.
  const longestRevival = idIsSecret ? Math.floor(now + 2 * lifetimes.idleTimeout * 1000) : Infinity
  return { ended, endedAt: now, expiresAt: Math.min(absoluteExpiry(token, lifetimes), longestRevival) }
}

/** The outcome of a session that has ended. */
export const outcomeOf = (reason: Ending['ended']) => (reason === 'revoked' ? 'revoked' : 'ended')
