import type { Session } from 'sojourn'

/** When a sign-in ends if it is not used again. */
export interface SessionEnd {
  /** Milliseconds from now. */
  readonly endsIn: number
  /** Whether using it again makes it last longer; not when it ends for its age. */
  readonly canStay: boolean
}

/** Tells when a sign-in ends. `absoluteTimeout` is in seconds, `now` in epoch milliseconds. */
export function sessionEnd({ expiresAt, signedInAt }: Session, absoluteTimeout: number, now: number): SessionEnd {
  const oldest = signedInAt === null ? Infinity : signedInAt + absoluteTimeout * 1000
  return { endsIn: Math.max(0, expiresAt - now), canStay: expiresAt < oldest }
}
