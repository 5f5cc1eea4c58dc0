import { SojournError } from '../core/errors.ts'
import type { OpenResult, SessionState } from './state.ts'

/** Whether the session is the cookie's copy. After a sign-out it is a new guest session instead. */
export function isCopy({ opening, signedOut }: SessionState): boolean {
  return opening.unconfirmed && !signedOut
}

export function sessionUnavailableError({ cause }: OpenResult): SojournError {
  return new SojournError(
    'ERR_SESSION_UNAVAILABLE',
    'This session cannot be checked right now: its store does not answer, or this server has no store.',
    cause === undefined ? undefined : { cause },
  )
}
