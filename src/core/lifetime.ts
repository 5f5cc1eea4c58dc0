import type { Token } from './token.ts'

/** How long sessions last, in seconds. */
export interface Lifetimes {
  readonly idleTimeout: number
  readonly absoluteTimeout: number
  readonly touchAfter: number
  /** For how long after a store confirmed a session its cookie's copy is trusted without that store. */
  readonly unconfirmedFor: number
}

/** Browsers keep no cookie for longer (RFC 6265bis section 5.5), in seconds. */
const maxCookieAgeSeconds = 400 * 24 * 3600

/** A token with times that are ahead of our clock counted as now, so that a clock that was wrong lengthens no life. */
export function clampToNow(token: Token, now: number): Token {
  const { createdAt, signedInAt, lastSeenAt } = token
  if (lastSeenAt <= now && (createdAt ?? 0) <= now && (signedInAt ?? 0) <= now) return token
  const clamp = (instant: number | null) => (instant === null ? null : Math.min(instant, now))
  return { ...token, createdAt: clamp(createdAt), signedInAt: clamp(signedInAt), lastSeenAt: Math.min(lastSeenAt, now) }
}

/** When the absolute timeout ends a session, in epoch milliseconds: counted from its sign-in, or a guest's beginning. */
export function absoluteExpiry(token: Pick<Token, 'createdAt' | 'signedInAt'>, { absoluteTimeout }: Lifetimes): number {
  const startedAt = token.signedInAt ?? token.createdAt
  return startedAt === null ? Infinity : Math.floor(startedAt + absoluteTimeout * 1000)
}

/** In whole milliseconds, as clocks and stores have them: never later than it says. */
const idleExpiry = (usedAt: number, { idleTimeout }: Lifetimes): number => Math.floor(usedAt + idleTimeout * 1000)

/** Whether a token is past one of its limits: a session ends at the limit, not after it. */
export function expiryReason(
  token: Pick<Token, 'createdAt' | 'signedInAt' | 'lastSeenAt'>,
  lifetimes: Lifetimes,
  now: number,
): 'expired' | 'idle' | null {
  // In this order, since a format may find a token too old to look into, and then calls it idle. Where nothing tells when
  // a session began there is but one limit, and one word.
  if (now >= idleExpiry(token.lastSeenAt, lifetimes)) return token.createdAt === null ? 'expired' : 'idle'
  if (now >= absoluteExpiry(token, lifetimes)) return 'expired'
  return null
}

/**
 * Whether it is time to write down again that a session is in use: in its record, or in its cookie, which a write to the
 * record leaves alone and which would run out in its browser.
 */
export function isTouchDue({ lastSeenAt, confirmedAt }: Token, { touchAfter }: Lifetimes, now: number): boolean {
  return now - Math.min(lastSeenAt, confirmedAt ?? lastSeenAt) >= touchAfter * 1000
}

/** Whether a token that a store confirmed is good without that store: it holds a copy of the session, and not for too long. */
export function isCopyUsable({ data, confirmedAt }: Token, { unconfirmedFor }: Lifetimes, now: number): boolean {
  return data !== null && confirmedAt !== null && now - confirmedAt < unconfirmedFor * 1000
}

/** When a session that is used now ends if it is not used again, in epoch milliseconds. */
export function expiresAt(
  token: Pick<Token, 'createdAt' | 'signedInAt'>,
  lifetimes: Lifetimes,
  usedAt: number,
): number {
  return Math.min(idleExpiry(usedAt, lifetimes), absoluteExpiry(token, lifetimes))
}

/** A cookie's `Max-Age` in seconds: the lesser of the idle timeout and what is left of the absolute one; `null` for one that goes when the browser closes. */
export function cookieMaxAge(token: Token, lifetimes: Lifetimes, now: number): number | null {
  if (!token.remember) return null
  return Math.min(Math.ceil((expiresAt(token, lifetimes, now) - now) / 1000), maxCookieAgeSeconds)
}
