import { SojournError } from '../core/errors.ts'
import type { OpenResult, SessionState } from './state.ts'

/** Whether the session is the cookie's copy. After a sign-out it is a new guest session instead. */
export function isCopy({ opening, signedOut }: SessionState): boolean {
  return opening.unconfirmed && !signedOut
}

const thrownFor = new WeakSet<OpenResult>()

/** Whether a use of the session threw `ERR_SESSION_UNAVAILABLE`. */
export const threwUnavailable = ({ opening }: SessionState): boolean => thrownFor.has(opening)

/** Creates the error of a use of the session, and records that there was one. */
export function sessionUnavailableError(opening: OpenResult): SojournError {
  const { cause } = opening
  thrownFor.add(opening)
  return new SojournError(
    'ERR_SESSION_UNAVAILABLE',
    'This session cannot be checked right now: its store does not answer, or this server has no store.',
    cause === undefined ? undefined : { cause },
  )
}
