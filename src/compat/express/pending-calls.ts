import type { Callback } from './session.ts'

/** Counts calls that are under way, so that others can wait for them. */
export function createPendingCalls() {
  let count = 0
  const waiting: (() => void)[] = []

  return {
    /** Returns the callback of one more call. */
    track(callback: Callback): Callback {
      let isDone = false
      count++
      return (error) => {
        if (!isDone) count--
        isDone = true
        try {
          callback(error)
        } finally {
          if (count === 0) for (const resolve of waiting.splice(0)) resolve()
        }
      }
    },
    /** Resolves when no call is under way any more; `null` if none is now. */
    wait: (): Promise<void> | null => (count === 0 ? null : new Promise((resolve) => waiting.push(resolve))),
  }
}
