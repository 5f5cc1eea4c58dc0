/** An instant, and a count of this process, so that two things in one millisecond have an order where one process did both. */
export interface LogicalTime {
  /** Epoch milliseconds. */
  readonly at: number
  readonly count: number
}
