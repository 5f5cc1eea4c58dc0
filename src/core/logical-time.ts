/** An instant, and a counter of this process. The counter orders two steps of one process within the same millisecond. */
export interface LogicalTime {
  /** Epoch milliseconds. */
  readonly at: number
  readonly count: number
}

/** Returns a clock whose every reading has a higher count than the one before. */
export function createLogicalClock(now: () => number): () => LogicalTime {
  let count = 0
  return () => ({ at: now(), count: ++count })
}
