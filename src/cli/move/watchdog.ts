import { CommandError } from '../arguments.ts'

/** How long nothing may happen, in milliseconds. */
const silenceTimeoutMs = 60_000
/** How long whoever stops it waits for what is under way. */
const closeTimeoutMs = 2000

/** Ends what is stopped by Ctrl-C, and what waits for a store that never answers. */
export interface Watchdog {
  readonly signal: AbortSignal
  /** Something happened, and from now on it waits for what is named so. */
  recordActivity(name: string): void
  /** Does something; rejects with a CommandError where it is stopped, or nothing is heard for too long. */
  runWatched<Value>(work: () => Promise<Value>): Promise<Value>
  /** Waits for what is closed, but not for long. */
  waitForClose(closed: Promise<unknown>): Promise<void>
}

export function createWatchdog(): Watchdog {
  const stopping = new AbortController()
  let [heardAt, waitingFor, isStuck] = [performance.now(), '', false]

  return {
    signal: stopping.signal,
    recordActivity(name) {
      ;[heardAt, waitingFor] = [performance.now(), name]
    },

    async runWatched(work) {
      let rejectStuck = (_message: string): void => {}
      const isOver = new Promise<never>((_resolve, reject) => {
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
        if (performance.now() - heardAt < silenceTimeoutMs) return
        stopping.abort()
        rejectStuck(
          `${waitingFor} has not answered for ${silenceTimeoutMs / 1000} seconds. Begin it again, and it goes on.`,
        )
      }, 1000)
      process.once('SIGINT', stop)
      try {
        return await Promise.race([work(), isOver])
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
      // A connection that owes an answer would keep the process.
      if (isStuck) setTimeout(() => process.exit(), 100).unref()
    },
  }
}

const stoppedMessage = 'Stopped. Begin it again, and it goes on.'
