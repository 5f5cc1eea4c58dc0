import { CommandError } from '../arguments.ts'

const silenceTimeoutMs = 60_000
/** How long a stopped move may finish its current operations. */
const closeTimeoutMs = 2000

/** Ends a command on Ctrl-C, or if a store does not respond for 60 seconds. */
export interface Watchdog {
  readonly signal: AbortSignal
  /** Records that something happened. `name` is what the command waits for from now on. */
  recordActivity(name: string): void
  /** Runs `work`. Rejects with a CommandError if it is stopped, or if no activity is recorded for 60 seconds. */
  runWatched<Value>(work: () => Promise<Value>): Promise<Value>
  /** Waits until the stores are closed, for 2 seconds at most. */
  waitForClose(closed: Promise<unknown>): Promise<void>
}

/** @param advice the sentence after the reason, for a command that was stopped */
export function createWatchdog(advice: string): Watchdog {
  const stoppedMessage = `Stopped. ${advice}`
  const stopping = new AbortController()
  let [lastActivityAt, waitingFor, isStuck] = [performance.now(), '', false]

  return {
    signal: stopping.signal,
    recordActivity(name) {
      ;[lastActivityAt, waitingFor] = [performance.now(), name]
    },

    async runWatched(work) {
      let rejectStuck = (_message: string): void => {}
      const stopped = new Promise<never>((_resolve, reject) => {
        rejectStuck = (message) => {
          isStuck = true
          reject(new CommandError(1, message))
        }
      })
      const stop = () => {
        stopping.abort()
        setTimeout(() => rejectStuck(stoppedMessage), closeTimeoutMs).unref()
      }
      const checkTimer = setInterval(() => {
        if (performance.now() - lastActivityAt < silenceTimeoutMs) return
        stopping.abort()
        rejectStuck(`${waitingFor} has not responded for ${silenceTimeoutMs / 1000} seconds. ${advice}`)
      }, 1000)
      process.once('SIGINT', stop)
      try {
        return await Promise.race([work(), stopped])
      } catch (error) {
        throw stopping.signal.aborted && !isStuck ? new CommandError(1, stoppedMessage) : error
      } finally {
        clearInterval(checkTimer)
        process.off('SIGINT', stop)
      }
    },

    async waitForClose(closed) {
      await Promise.race([
        closed,
        new Promise((resolve) => setTimeout(resolve, isStuck ? 100 : closeTimeoutMs).unref()),
      ])
      // A connection that waits for a response would keep the process running.
      if (isStuck) setTimeout(() => process.exit(), 100).unref()
    },
  }
}
