import type { ServerResponse } from 'node:http'

/**
 * Makes a response wait at its end for what a streamed response has changed behind its first byte. Install it before the hooks that
 * commit: then it sees the `end` that these pass on.
 *
 * @param finish saves, and calls back
 */
export function finishBeforeEnd(response: ServerResponse, finish: (callback: () => void) => void): void {
  const { end } = response as { end: (...values: any[]) => unknown }
  let isEnding = false
  response.end = function (...values: any[]): any {
    // If the headers leave with this call, the commit was just made, and nothing has changed since.
    if (isEnding || !response.headersSent) return end.apply(response, values)
    isEnding = true
    let result: unknown = response
    finish(() => (result = end.apply(response, values)))
    return result
  }
}
