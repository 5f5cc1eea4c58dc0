import { setTimeout as sleep } from 'node:timers/promises'

const firstPauseMs = 500
const longestPauseMs = 5000

/**
 * Keeps a program running: starts it again if it ends by itself, and retries until it starts. It is one closure, because all
 * its functions share the four variables below.
 *
 * @param {string} name for messages
 * @param {(signal: AbortSignal) => Promise<{ where: string, ended: Promise<unknown>, stop(): Promise<void> }>} launch
 *   starts the program; rejects if it does not start
 */
export function createService(name, launch) {
  let running = null
  let stopping = new AbortController()
  let retrying = Promise.resolve()
  let isFailureLogged = false

  async function start() {
    const { signal } = stopping
    running = await launch(signal)
    if (signal.aborted) return running.stop()
    isFailureLogged = false
    void startAgain(running.ended, signal)
  }

  async function startAgain(ended, signal) {
    const code = await ended
    if (signal.aborted) return
    console.log(`${name} ended (${code}). Starting it again.`)
    retrying = retry(signal)
  }

  async function retry(signal) {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      await sleep(pauseMs, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
      try {
        await start()
        if (!signal.aborted) console.log(`${name} is back: ${running.where}`)
        return
      } catch (error) {
        logFailure(error, signal)
      }
    }
  }

  /** Logs the first failure only, because the start is retried every few seconds. */
  function logFailure({ message }, signal) {
    if (signal.aborted || isFailureLogged) return
    console.log(`${name} does not start. Retrying until it does.\n${message}`)
    isFailureLogged = true
  }

  async function stop() {
    stopping.abort()
    await Promise.all([running?.stop(), retrying])
  }

  return {
    name,
    where: () => running.where,
    start,
    stop,
    /** Resolves to whether it runs again. If not, the start is retried. */
    async restart() {
      await stop()
      stopping = new AbortController()
      isFailureLogged = false
      const { signal } = stopping
      try {
        await start()
      } catch (error) {
        logFailure(error, signal)
        retrying = retry(signal)
        return false
      }
      if (!signal.aborted) console.log(`${name} was restarted: ${running.where}`)
      return !signal.aborted
    },
  }
}
