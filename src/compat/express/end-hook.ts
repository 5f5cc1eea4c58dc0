import type { ServerResponse } from 'node:http'

/**
 * Makes a response wait at its end for what a streamed response has changed behind its first byte. Install it before the hooks that
 * commit: then it sees the `end` that these pass on.
 *
 * @param finish saves, and calls back
 */
export function finishBeforeEnd(response: ServerResponse, finish: (callback: () => void) => void): void {
  const { end } = response as { end: (...values: any[]) => unknown }
  let state: 'open' | 'finishing' | 'finished' = 'open'
  response.end = function (...values: any[]): any {
    // A second call would end the response before the first one's last chunk.
    if (state === 'finishing') return response
    // If the headers leave with this call, the commit was just made, and nothing has changed since.
    if (state === 'finished' || !response.headersSent) return end.apply(response, values)
    state = 'finishing'
    let result: unknown = response
    finish(() => {
      state = 'finished'
      result = end.apply(response, values)
    })
    return result
  }
}
