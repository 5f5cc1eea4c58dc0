import type { ResponseState } from '../../adapters/shared/response-state.ts'
import type { SessionCommit } from './commit-session.ts'

/**
 * Makes a response wait at its end for what a streamed response has changed behind its first byte, and for the last use of a session.
 * It replaces the `end` that the hooks call, because each property that a response gets costs Express microseconds.
 */
export function finishBeforeEnd(state: ResponseState, commit: Pick<SessionCommit, 'isTouching' | 'finish'>): void {
  const { response, end } = state
  let phase: 'open' | 'finishing' | 'finished' = 'open'
  state.end = function (...values: any[]): unknown {
    // A second call would end the response before the first one's last chunk, or later be an error that ends the process.
    if (phase === 'finishing' || response.writableEnded) return response
    if (phase === 'finished') return end.apply(response, values)
    if (!response.headersSent) {
      // If the headers leave with this call, the commit was just made, and nothing has changed since.
      if (!commit.isTouching) return end.apply(response, values)
      // From here on the response counts as sent, as it does for all others that have called `end`.
      response.writeHead(response.statusCode)
    }
    phase = 'finishing'
    let result: unknown = response
    commit.finish(() => {
      phase = 'finished'
      result = end.apply(response, values)
    })
    return result
  }
}
