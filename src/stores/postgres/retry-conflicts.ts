import { sqlState } from './connection.ts'
import { explainError } from './table.ts'
import type { RunQuery, Value } from './types.ts'

const serializationFailure = '40001'
/** Many, because of all transactions that write the same row at once, only one succeeds. */
const maxAttempts = 200

/**
 * Repeats a statement that failed because another transaction changed the row. This happens only if the database's
 * isolation level is stricter than READ COMMITTED, because Postgres then does not check the row again by itself.
 */
export function retryConflicts(runOnce: RunQuery, table: string): RunQuery {
  return async <Result>(text: string, values?: Value[]) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await runOnce<Result>(text, values)
      } catch (error) {
        if (attempt === maxAttempts || sqlState(error) !== serializationFailure) throw explainError(error, table)
        // Random, so that transactions do not try in step.
        await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(attempt, 10)))
      }
    }
  }
}
