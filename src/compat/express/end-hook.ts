import type { ResponseState } from '../../adapters/shared/response-state.ts'
import type { SessionCommit } from './commit-session.ts'

type Commit = Pick<SessionCommit, 'isTouching' | 'finish'>

/**
 * Makes a response wait at its end for what a streamed response has changed behind its first byte, and for the last use of a session.
 * It replaces the `end` that the hooks call, because each property that a response gets costs Express microseconds.
 */
export function finishBeforeEnd(state: ResponseState, commit: Commit): void {
  const hook = new EndHook(state, commit)
  state.end = hook.end.bind(hook) // as the hooks of the response
}

class EndHook {
  readonly #response: ResponseState['response']
  readonly #end: ResponseState['end']
  readonly #commit: Commit
  #phase: 'open' | 'finishing' | 'finished' = 'open'

  constructor({ response, end }: ResponseState, commit: Commit) {
    this.#response = response
    this.#end = end
    this.#commit = commit
  }

  end(...values: unknown[]): unknown {
    const response = this.#response
    // A second call would end the response before the first one's last chunk, or later be an error that ends the process.
    if (this.#phase === 'finishing' || response.writableEnded) return response
    if (this.#phase === 'finished') return this.#end.apply(response, values)
    if (!response.headersSent) {
      // If the headers leave with this call, the commit was just made, and nothing has changed since.
      if (!this.#commit.isTouching) return this.#end.apply(response, values)
      // From here on the response counts as sent, as it does for all others that have called `end`.
      response.writeHead(response.statusCode)
    }
    this.#phase = 'finishing'
    let result: unknown = response
    this.#commit.finish(() => {
      this.#phase = 'finished'
      result = this.#end.apply(response, values)
    })
    return result
  }
}
