import { sqlState } from './connection.ts'
import { explainError } from './table.ts'
import type { RunQuery, Value } from './types.ts'

const serializationFailure = '40001'
const maxAttempts = 20

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
      }
    }
  }
}
