import type { Events } from '../core/events.ts'
import { TooFewReplicas } from '../stores/store.ts'
import { isSilence } from '../util/deadline-call.ts'
import { createCircuitBreaker } from '../util/circuit-breaker.ts'

/** Whether a store answers and takes writes, as the calls of this process show. Changes are reported as events. */
export interface StoreHealth {
  /** The error of the last failed call. */
  lastError(): unknown
  /** How many more calls may fail in a row before the store counts as down; 0 if it does. */
  failuresLeft(): number
  /** Whether the store counts as down for reads too, not only for writes. */
  isDown(): boolean
  /** Whether a call may be made now. */
  allows(isWrite: boolean): boolean
  succeeded(isWrite: boolean): void
  /** The store has answered, but the answer says nothing about its room for writes. */
  answered(): void
  failed(error: unknown, isWrite: boolean): void
  reportFull(error: unknown): void
}

/** How many writes in a row must fail, while reads are answered, before the store is reported as full. */
const maxFailedWrites = 5

/**
 * @param name names the store in messages
 * @param timeoutSeconds how long a call waits for its answer, in seconds
 */
export function createStoreHealth(events: Events, name: () => string, timeoutSeconds: number): StoreHealth {
  const breaker = createCircuitBreaker()
  let failedWrites = 0
  let reportedState: 'down' | 'full' | null = null
  let lastError: unknown

  function report(error: unknown, state: 'down' | 'full'): void {
    const isNews = reportedState === null
    reportedState = state
    if (!isNews) return
    const problem = state === 'down' ? `did not answer within ${timeoutSeconds} s` : 'takes no writes'
    const message = `${name()} ${problem}${isSilence(error) ? '' : `: ${lineOf(error)}`}`
    const emit = events.emitter()
    if (emit !== null) return emit({ type: 'store-down', message, error })
    // Without a listener, the outage would show only as 503 responses without a reason.
    console.error(`sojourn: ${message}`, ...(process.env['DEBUG'] ? [error] : []))
  }

  function reportUp(): void {
    if (reportedState !== null) events.emitter()?.({ type: 'store-up' })
    reportedState = null
  }

  return {
    lastError: () => lastError,
    failuresLeft: breaker.failuresLeft,
    isDown: breaker.isOpen,
    allows: breaker.allows,
    succeeded(isWrite) {
      // Writes that failed while reads failed too do not show that the store is full.
      if (isWrite || breaker.isOpen()) failedWrites = 0
      breaker.succeeded()
      if (reportedState === 'down' || isWrite) reportUp()
    },
    answered: breaker.succeeded,
    failed(error, isWrite) {
      // Missing replicas are not an outage: the store still answers reads.
      if (error instanceof TooFewReplicas) breaker.succeeded()
      else breaker.failed(isWrite)
      if (isWrite) failedWrites++
      lastError = error
      if (breaker.failuresLeft() === 0) report(error, 'down')
      else if (failedWrites >= maxFailedWrites) report(error, 'full')
    },
    reportFull: (error) => report(error, 'full'),
  }
}

/** Returns an error's message in one line. If a host has several addresses, the error has a code and no message. */
function lineOf(error: unknown): string {
  const { message, code } = Object(error)
  return String(message || code || error).replace(/\s+/g, ' ')
}
