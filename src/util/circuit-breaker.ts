/** Whether a store is asked at all: one that does not answer is left alone, but for a question now and then. */
export interface CircuitBreaker {
  /** How many misses in a row are left until it opens; 0 while it is open. */
  readonly failuresLeft: number
  /**
   * Whether a question may be asked now.
   *
   * @param isWrite whether it is one that a full store refuses, while it answers all others
   */
  allows(isWrite?: boolean): boolean
  succeeded(): void
  failed(isWrite?: boolean): void
}

const maxFailures = 5
/** How long an open breaker waits before it lets the next question through, in milliseconds. */
const retryDelayMs = 1000

/**
 * A breaker that opens after five misses with no answer between them, and closes at the first answer. Misses that may come of
 * a lack of room alone keep nobody from what needs none.
 */
export function createCircuitBreaker(): CircuitBreaker {
  let failures = 0
  let onlyWritesFailed = true
  // Each kind by itself: what a full store refuses, again and again, takes no other question's turn.
  let lastTryAt = { read: 0, write: 0 }
  return {
    get failuresLeft() {
      return Math.max(0, maxFailures - failures)
    },
    allows(isWrite = false) {
      if (failures < maxFailures || (onlyWritesFailed && !isWrite)) return true
      // By a clock that nobody sets, and no test stops.
      const now = performance.now()
      const kind = isWrite ? 'write' : 'read'
      if (now - lastTryAt[kind] < retryDelayMs) return false
      lastTryAt[kind] = now
      return true
    },
    succeeded() {
      failures = 0
      onlyWritesFailed = true
    },
    failed(isWrite = false) {
      failures++
      onlyWritesFailed &&= isWrite
      const now = performance.now()
      if (failures === maxFailures) lastTryAt = { read: now, write: now }
    },
  }
}
