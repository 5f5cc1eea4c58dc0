/** Decides whether to call a server. While it does not answer, only one call a second is allowed. */
export interface CircuitBreaker {
  /** How many more failures in a row open the breaker; 0 while it is open. */
  failuresLeft(): number
  /** Whether it is open, not only for writes. */
  isOpen(): boolean
  /**
   * Whether a call is allowed now.
   *
   * @param isWrite whether a full server would reject the call although it answers reads
   */
  allows(isWrite?: boolean): boolean
  /** Records an answer; closes the breaker. */
  succeeded(): void
  /** Records a call without an answer. */
  failed(isWrite?: boolean): void
}

const maxFailures = 5
/** How long an open breaker waits before it allows the next call. */
const retryDelayMs = 1000

/**
 * Creates a circuit breaker. It opens after five failures in a row and closes at the first answer. If only writes failed, the
 * server may be full rather than down: reads stay allowed.
 */
export function createCircuitBreaker(): CircuitBreaker {
  let failures = 0
  let onlyWritesFailed = true
  // Each kind has its own timer, because the writes that a full server rejects must not use up the retries of reads.
  let lastTryAt = { read: 0, write: 0 }
  return {
    failuresLeft: () => Math.max(0, maxFailures - failures),
    isOpen: () => failures >= maxFailures && !onlyWritesFailed,
    allows(isWrite = false) {
      if (failures < maxFailures || (onlyWritesFailed && !isWrite)) return true
      // A monotonic clock: a change of the system time must not keep the breaker open.
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
