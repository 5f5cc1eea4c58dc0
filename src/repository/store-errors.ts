import { SojournError } from '../core/errors.ts'
import { TooFewReplicas } from '../stores/store.ts'

/** Returns whether a write was executed at the primary, or not started, and too few replicas have answered. */
export const lacksReplicas = (error: unknown): boolean =>
  error instanceof SojournError && error.cause instanceof TooFewReplicas

/** Throws the error as one of `ERR_SESSION_UNAVAILABLE` of the named store, unless it is one of ours. */
export function toUnavailable(error: unknown, name: string): never {
  throw error instanceof SojournError ? error : storeUnavailableError(error, name)
}

/** The known facts of a call that failed. */
interface Failure {
  /** Whether the call was made. If not, nothing was written. */
  readonly wasAsked: boolean
  /** Whether no other call was answered meanwhile. */
  readonly wasSilent: boolean
}

const failures = new WeakMap<object, Failure>()

/** Returns what is known of the call that an error is of. Most is possible if that is nothing. */
export const failureOf = (error: unknown): Failure =>
  failures.get(error as object) ?? { wasAsked: true, wasSilent: false }

/** Creates the error of a call of the named store that failed. */
export function callFailedError(cause: unknown, name: string, failure: Failure): SojournError {
  const error = storeUnavailableError(cause, name)
  failures.set(error, failure)
  return error
}

/** Creates the error of a write that found another version of the record each time. */
export const tooManyConflictsError = (): SojournError =>
  new SojournError('ERR_SESSION_UNAVAILABLE', 'Too many requests change one session at once. Try again.')

/** Creates `ERR_SESSION_UNAVAILABLE`, with the driver's error as its cause. */
export function storeUnavailableError(cause: unknown, name: string): SojournError {
  return new SojournError(
    'ERR_SESSION_UNAVAILABLE',
    `${name} did not answer: ${cause instanceof Error ? cause.message : String(cause)}`,
    { cause },
  )
}
