import type { Token } from './token.ts'

/** The limits of a session's life, in seconds. */
export interface Lifetimes {
  readonly idleTimeout: number
  readonly absoluteTimeout: number
  readonly touchAfter: number
  /** How long the cookie's copy is usable without the store, counted from the store's last confirmation. */
  readonly unconfirmedFor: number
}

/** Browsers limit the life of a cookie to this (RFC 6265bis section 5.5). */
const maxCookieAgeSeconds = 400 * 24 * 3600

/** Replaces instants in the future by now, because a server whose clock was ahead must not lengthen a session's life. */
export function clampToNow(token: Token, now: number): Token {
  const { createdAt, signedInAt, lastSeenAt } = token
  if (lastSeenAt <= now && (createdAt ?? 0) <= now && (signedInAt ?? 0) <= now) return token
  const clamp = (instant: number | null) => (instant === null ? null : Math.min(instant, now))
  return { ...token, createdAt: clamp(createdAt), signedInAt: clamp(signedInAt), lastSeenAt: Math.min(lastSeenAt, now) }
}

/** How far another server's clock may be ahead: each of the two clocks is right to the minute. */
const maxClockAheadMs = 120_000

/**
 * Replaces `confirmedAt` in the future by now or, if the other clock was wrong by more, by a time at which no copy is usable. Call
 * it once, when a process first sees the token: repeated with a later `now`, it would confirm the session again.
 */
export function capConfirmedAt(token: Token, now: number): Token {
  const aheadMs = (token.confirmedAt ?? 0) - now
  return aheadMs <= 0 ? token : { ...token, confirmedAt: aheadMs > maxClockAheadMs ? 0 : now }
}

/** The fields of a token or record that decide when its session ends. */
type Limited = Pick<Token, 'createdAt' | 'signedInAt'> & Partial<Pick<Token, 'idleTimeout' | 'absoluteTimeout'>>

/** Returns the shorter of a session's own timeout and that of all, in seconds. */
const shorter = (own: number | null | undefined, common: number): number =>
  own == null ? common : Math.min(own, common)

/** Returns when the absolute timeout ends a session, in epoch milliseconds. It counts from the sign-in, or from a guest's first visit. */
export function absoluteExpiry(token: Omit<Limited, 'idleTimeout'>, { absoluteTimeout }: Lifetimes): number {
  const startedAt = token.signedInAt ?? token.createdAt
  return startedAt === null ? Infinity : Math.floor(startedAt + shorter(token.absoluteTimeout, absoluteTimeout) * 1000)
}

/** Rounds down, because stores keep whole milliseconds and a session must not outlive its timeout. */
const idleExpiry = (usedAt: number, token: Partial<Limited>, { idleTimeout }: Lifetimes): number =>
  Math.floor(usedAt + shorter(token.idleTimeout, idleTimeout) * 1000)

/** Returns the timeout that ended a session, or `null` if it is still live. A session ends at the limit, not after it. */
export function expiryReason(
  token: Limited & Pick<Token, 'lastSeenAt'>,
  lifetimes: Lifetimes,
  now: number,
): 'expired' | 'idle' | null {
  // Check the idle timeout first: a format may reject an old token before decrypting it, and then reports `idle` too.
  // Without a start time the idle timeout is the only limit. It is then reported as `expired`.
  if (now >= idleExpiry(token.lastSeenAt, token, lifetimes)) return token.createdAt === null ? 'expired' : 'idle'
  if (now >= absoluteExpiry(token, lifetimes)) return 'expired'
  return null
}

/**
 * Whether to write the time of the last use again. The cookie needs it as well as the record: a write to the record does
 * not renew the cookie, which would then expire in the browser.
 */
export function isTouchDue(token: Token, { touchAfter }: Lifetimes, now: number): boolean {
  const { lastSeenAt, confirmedAt, idleTimeout } = token
  // A session that idles out sooner than others is also touched sooner. Otherwise it would end while it is in use.
  const dueAfter = shorter(idleTimeout == null ? null : idleTimeout / 20, touchAfter)
  return now - Math.min(lastSeenAt, confirmedAt ?? lastSeenAt) >= dueAfter * 1000
}

/**
 * Whether a token opens a session without the store: it holds a copy of the data, confirmed less than `unconfirmedFor` ago. It does
 * not if this server's clock has gone back since it saw the token, because the copy's age is then unknown.
 */
export function isCopyUsable({ data, confirmedAt }: Token, { unconfirmedFor }: Lifetimes, now: number): boolean {
  if (data === null || confirmedAt === null || confirmedAt - now > maxClockAheadMs) return false
  return now - confirmedAt < unconfirmedFor * 1000
}

/** Returns when a session ends if it is not used after `usedAt`, in epoch milliseconds. */
export function expiresAt(token: Limited, lifetimes: Lifetimes, usedAt: number): number {
  return Math.min(idleExpiry(usedAt, token, lifetimes), absoluteExpiry(token, lifetimes))
}

/** Returns the cookie's `Max-Age` in seconds: the time until the session ends. Returns `null` for a cookie that ends with the browser. */
export function cookieMaxAge(token: Token, lifetimes: Lifetimes, now: number): number | null {
  if (!token.remember) return null
  return Math.min(Math.ceil((expiresAt(token, lifetimes, now) - now) / 1000), maxCookieAgeSeconds)
}
