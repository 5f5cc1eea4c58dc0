/** An instant, and a counter of this process. The counter orders two steps of one process within the same millisecond. */
export interface LogicalTime {
  /** Epoch milliseconds. */
  readonly at: number
  readonly count: number
  /** The same instant by a clock that no change of the system time moves, such as `performance.now()`. In milliseconds. */
  readonly monotonic: number
}

/** Returns a clock whose every reading has a higher count than the one before. */
export function createLogicalClock(now: () => number, readMonotonic: () => number): () => LogicalTime {
  let count = 0
  return () => ({ at: now(), count: ++count, monotonic: readMonotonic() })
}
