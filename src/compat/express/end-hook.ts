import type { ServerResponse } from 'node:http'
import type { SessionCommit } from './commit-session.ts'

/**
 * Makes a response wait at its end for what a streamed response has changed behind its first byte, and for the last use of a session.
 * Install it before the hooks that commit: then it sees the `end` that these pass on.
 */
export function finishBeforeEnd(response: ServerResponse, commit: Pick<SessionCommit, 'isTouching' | 'finish'>): void {
  const { end } = response as { end: (...values: any[]) => unknown }
  let state: 'open' | 'finishing' | 'finished' = 'open'
  response.end = function (...values: any[]): any {
    // A second call would end the response before the first one's last chunk.
    if (state === 'finishing') return response
    if (state === 'finished') return end.apply(response, values)
    if (!response.headersSent) {
      // If the headers leave with this call, the commit was just made, and nothing has changed since.
      if (!commit.isTouching()) return end.apply(response, values)
      // From here on the response counts as sent, as it does for all others that have called `end`.
      response.writeHead(response.statusCode)
    }
    state = 'finishing'
    let result: unknown = response
    commit.finish(() => {
      state = 'finished'
      result = end.apply(response, values)
    })
    return result
  }
}
