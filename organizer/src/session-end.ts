import type { Session } from 'sojourn'

/** How long sessions last, in seconds. */
export interface Lifetimes {
  readonly idleTimeout: number
  readonly absoluteTimeout: number
}

/** When a session ends if it is not used again. */
export interface SessionEnd {
  /** Milliseconds from now. */
  readonly endsIn: number
  /** Whether using the session makes it last longer. `false` if it ends at its absolute timeout. */
  readonly canStay: boolean
}

/** Returns when a session ends. `now` is in epoch milliseconds. */
export function sessionEndOf(
  { expiresAt, signedInAt }: Session,
  { absoluteTimeout }: Lifetimes,
  now: number,
): SessionEnd {
  const absoluteExpiry = signedInAt === null ? Infinity : signedInAt + absoluteTimeout * 1000
  return { endsIn: Math.max(0, expiresAt - now), canStay: expiresAt < absoluteExpiry }
}
