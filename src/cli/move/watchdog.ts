import { CommandError } from '../arguments.ts'

/** How long nothing may happen, in milliseconds. */
const silence = 60_000
/** How long whoever stops it waits for what is under way. */
const rest = 2000

/** Ends what is stopped by Ctrl-C, and what waits for a store that never answers. */
export interface Patience {
  readonly signal: AbortSignal
  /** Something happened, and from now on it waits for what is named so. */
  heard(name: string): void
  /** Does something; rejects with a CommandError where it is stopped, or nothing is heard for too long. */
  with<Value>(work: () => Promise<Value>): Promise<Value>
  /** Waits for what is closed, but not for long. */
  closing(closed: Promise<unknown>): Promise<void>
}

export function createPatience(): Patience {
  const stopping = new AbortController()
  let [heardAt, waitsFor, isStuck] = [performance.now(), '', false]

  return {
    signal: stopping.signal,
    heard(name) {
      ;[heardAt, waitsFor] = [performance.now(), name]
    },

    async with(work) {
      let stuck = (_message: string): void => {}
      const isOver = new Promise<never>((_resolve, reject) => {
        stuck = (message) => {
          isStuck = true
          reject(new CommandError(1, message))
        }
      })
      const stop = () => {
        stopping.abort()
        setTimeout(() => stuck(stopped), rest).unref()
      }
      const looking = setInterval(() => {
        if (performance.now() - heardAt < silence) return
        stopping.abort()
        stuck(`${waitsFor} has not answered for ${silence / 1000} seconds. Begin it again, and it goes on.`)
      }, 1000)
      process.once('SIGINT', stop)
      try {
        return await Promise.race([work(), isOver])
      } catch (error) {
        throw stopping.signal.aborted && !isStuck ? new CommandError(1, stopped) : error
      } finally {
        clearInterval(looking)
        process.off('SIGINT', stop)
      }
    },

    async closing(closed) {
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, isStuck ? 100 : rest).unref())])
      // A connection that owes an answer would keep the process.
      if (isStuck) setTimeout(() => process.exit(), 100).unref()
    },
  }
}

const stopped = 'Stopped. Begin it again, and it goes on.'
