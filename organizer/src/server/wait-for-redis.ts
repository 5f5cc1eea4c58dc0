import { setTimeout as sleep } from 'node:timers/promises'
import { isOutage } from './outage.ts'

export interface Wait {
  /** Asks a server for anything. */
  ask(): Promise<unknown>
  /** For how long nothing is heard until that is taken for no answer, in milliseconds. */
  readonly patience: number
  /** Ends the waiting. */
  readonly signal: AbortSignal
}

const longestPause = 5000

/** Asks a server once: resolves to `null` when it has answered, to the error when it cannot be asked. @throws what it refuses with */
export async function askOnce({ ask, patience, signal }: Wait): Promise<Error | null> {
  const done = new AbortController()
  const silence = silent(patience, AbortSignal.any([done.signal, signal]))
  silence.catch(() => {}) // nobody waits any more
  try {
    return await Promise.race([ask().then(() => null), silence.then(noWord)])
  } catch (error) {
    if (isOutage(error) || signal.aborted) return error as Error
    throw error
  } finally {
    done.abort()
  }
}

/** Asks a server, each time after a longer pause, until it has answered or `signal` ends that. Resolves to whether it has. */
export async function untilAnswered(wait: Wait): Promise<boolean> {
  for (let pause = 250; !wait.signal.aborted; pause = Math.min(2 * pause, longestPause)) {
    await sleep(pause, undefined, { ref: false, signal: wait.signal }).catch(() => {})
    if (wait.signal.aborted) break
    // What it says by then, whoever comes is told, and the log.
    if ((await askOnce(wait).catch((error: Error) => error)) === null) return true
  }
  return false
}

/**
 * Resolves once nothing was heard for so long. Counted in slices: while this process stands still, as when it loads a driver, it
 * hears nothing, and that is no silence of the server's.
 */
async function silent(patience: number, signal: AbortSignal): Promise<void> {
  const slices = 20
  for (let slice = 0; slice < slices; slice++) await sleep(patience / slices, undefined, { ref: false, signal })
}

const noWord = (): Error => new Error('it says nothing')
