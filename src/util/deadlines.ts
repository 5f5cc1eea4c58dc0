/** Tells who waits for too long. */
export interface Deadlines {
  /** Calls back once the time is over. */
  begin(passed: () => void): Deadline
}

/** The time of somebody who waits. */
export interface Deadline {
  /** How much is left at least, in milliseconds. */
  left(): number
  /** Ends the waiting; gives whether there was still time. */
  stop(): boolean
}

const slices = 5

/**
 * Deadlines that are counted in turns of the event loop: a loop that stood still for long has spent one slice of the time,
 * not all of it, and has read its sockets before anybody is told. So a busy process does not take its store for dead.
 *
 * @param time in milliseconds: the least that there is; a fifth more at the most, while the event loop runs
 */
export function createDeadlines(time: number): Deadlines {
  const waiting = new Set<{ left: number; readonly passed: () => void }>()
  let isCounting = false

  const count = (): void => void setTimeout(() => setImmediate(turn), time / slices)

  function turn(): void {
    for (const each of waiting) {
      if (each.left-- > 0) continue
      waiting.delete(each)
      each.passed()
    }
    isCounting = waiting.size > 0
    if (isCounting) count()
  }

  return {
    begin(passed) {
      const each = { left: slices, passed }
      waiting.add(each)
      if (!isCounting) count()
      isCounting = true
      return {
        left: () => (each.left * time) / slices,
        stop: () => waiting.delete(each),
      }
    },
  }
}
