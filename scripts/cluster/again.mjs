import { setTimeout as sleep } from 'node:timers/promises'

const longestPause = 5000

/**
 * Tries something, each time after a longer pause, until it is done or `signal` ends that. Hands the first error, and no
 * other, to `failed`. Resolves to whether it is done.
 */
export async function untilDone(attempt, { pause, signal, failed }) {
  for (let tries = 0; !signal.aborted; tries++) {
    await sleep(Math.min(pause * 2 ** tries, longestPause), undefined, { signal }).catch(() => {})
    if (signal.aborted) break
    try {
      await attempt()
      return true
    } catch (error) {
      if (tries === 0 && !signal.aborted) failed(error)
    }
  }
  return false
}
