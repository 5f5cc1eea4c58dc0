/** Tells who waits for too long. */
export interface Deadlines {
  /** Calls back once the time is over. */
  start(onExpired: () => void): Deadline
}

/** The time of somebody who waits. */
export interface Deadline {
  /** How much is left at least, in milliseconds. */
  remaining(): number
  /** Ends the waiting; gives whether there was still time. */
  cancel(): boolean
}

const sliceCount = 5

/**
 * Deadlines that are counted in turns of the event loop: a loop that stood still for long has spent one slice of the time,
 * not all of it, and has read its sockets before anybody is told. So a busy process does not take its store for dead.
 *
 * @param timeoutMs in milliseconds: the least that there is; a fifth more at the most, while the event loop runs
 */
export function createDeadlines(timeoutMs: number): Deadlines {
  const running = new Set<{ slicesLeft: number; readonly onExpired: () => void }>()
  let isCounting = false

  const scheduleSlice = (): void => void setTimeout(() => setImmediate(countSlice), timeoutMs / sliceCount)

  function countSlice(): void {
    for (const each of running) {
      if (each.slicesLeft-- > 0) continue
      running.delete(each)
      each.onExpired()
    }
    isCounting = running.size > 0
    if (isCounting) scheduleSlice()
  }

  return {
    start(onExpired) {
      const each = { slicesLeft: sliceCount, onExpired }
      running.add(each)
      if (!isCounting) scheduleSlice()
      isCounting = true
      return {
        remaining: () => (each.slicesLeft * timeoutMs) / sliceCount,
        cancel: () => running.delete(each),
      }
    },
  }
}
