import { SojournError } from '../core/errors.ts'
import { TooFewReplicas } from '../stores/store.ts'

/** Returns whether a write was executed at the primary, or not started, and too few replicas have answered. */
export const lacksReplicas = (error: unknown): boolean =>
  error instanceof SojournError && error.cause instanceof TooFewReplicas

/** Throws the error as one of `ERR_SESSION_UNAVAILABLE`, unless it is one of ours. */
export function toUnavailable(error: unknown): never {
  throw error instanceof SojournError ? error : storeUnavailableError(error)
}

/** The errors of calls that were not made. */
const notAsked = new WeakSet<object>()

/** Returns whether a call was not made, because the store counts as down. Then nothing was written. */
export const wasNotAsked = (error: unknown): boolean => notAsked.has(error as object)

/** Creates the error of a call that was not made. */
export function notAskedError(cause: unknown): SojournError {
  const error = storeUnavailableError(cause)
  notAsked.add(error)
  return error
}

/** Creates the error of a write that found another version of the record each time. */
export const tooManyConflictsError = (): SojournError =>
  new SojournError('ERR_SESSION_UNAVAILABLE', 'Too many requests change one session at once. Try again.')

/** Creates `ERR_SESSION_UNAVAILABLE`, with the driver's error as its cause. */
export function storeUnavailableError(cause: unknown): SojournError {
  return new SojournError(
    'ERR_SESSION_UNAVAILABLE',
    `The session store did not answer: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause },
  )
}
