import { createClockEstimate } from '../shared/server-clock.ts'
import type { Row, SqlValue } from '../sqlite/database.ts'
import { TooLate } from '../store.ts'
import { readLateness } from './statements.ts'

/** A statement with the values of its parameters. */
export type Statement = [sql: string, ...values: SqlValue[]]

/** Runs statements as one transaction. Resolves to the rows of each. */
export type Run = (...statements: Statement[]) => Promise<Row[][]>

/**
 * Runs statements as one transaction before `until`, in epoch milliseconds, or not at all. Resolves to the time of D1's clock, and to
 * the rows of each statement.
 *
 * @throws `TooLate` if the transaction came too late; nothing was written then
 */
export type Write = (until: number | undefined, ...statements: Statement[]) => Promise<{ now: number; rows: Row[][] }>

/**
 * Creates the function that writes. D1 compares `until` with its own clock, because a batch waits in a queue before D1 executes it.
 * Each reply shows that clock, so that a difference of the clocks is known from the first reply on. Before it, they are taken to be
 * equal: if D1's clock is ahead, the first write is repeated; if it is behind, the first write of this process may be executed as much
 * later than `until`.
 *
 * @param clockSql fails if D1's clock has reached the instant that is its parameter. Failing undoes the whole batch.
 */
export function createWrite(run: Run, clockSql: string): Write {
  const clock = createClockEstimate()

  async function writeOnce(until: number | undefined, statements: Statement[]) {
    const deadline = until === undefined ? null : (clock.toServerTime(until) ?? until)
    const sentAt = performance.now()
    try {
      const [state, ...rows] = await run([clockSql, deadline], ...statements)
      const now = Number(state![0]!['now'])
      clock.observe(now, sentAt)
      return { now, rows }
    } catch (error) {
      const now = readLateness(error)
      if (now === null) throw error
      clock.observe(now, sentAt)
      return null
    }
  }

  return async (until, ...statements) => {
    const first = await writeOnce(until, statements)
    if (first !== null) return first
    const second = Date.now() < until! ? await writeOnce(until, statements) : null
    if (second === null) throw new TooLate('D1 received this write after its deadline, and did not apply it.')
    return second
  }
}
