/** Starts deadlines of one length. */
export interface Deadlines {
  /** Starts a deadline, and calls back once it has expired: after one slice more than `slices`. */
  start(onExpired: () => void, slices?: number): Deadline
}

/** A running deadline. */
export interface Deadline {
  /** Returns the least time that is left, in milliseconds. */
  remaining(): number
  /** Returns how much time has passed, in slices. A blocked event loop lets one slice pass, however long it was blocked. */
  elapsed(): number
  /** Cancels the deadline. Returns `false` if it has already expired. */
  cancel(): boolean
}

/** How many slices a timeout has. */
export const sliceCount = 5

/**
 * Creates deadlines that count turns of the event loop. A blocked loop uses up one slice of the timeout, however long it was
 * blocked, and reads its sockets before a deadline expires. So a busy process does not mistake its store for dead.
 *
 * @param timeoutMs the minimum in milliseconds; while the event loop runs freely, the maximum is a fifth more
 */
export function createDeadlines(timeoutMs: number): Deadlines {
  const running = new Set<{ slicesLeft: number; readonly onExpired: () => void }>()
  let isCounting = false
  let timer: ReturnType<typeof setTimeout>
  let slicesPassed = 0
  /** When the present slice started; `Infinity` while deadlines expire between two slices. */
  let sliceStartedAt = Infinity

  function scheduleSlice(): void {
    sliceStartedAt = performance.now()
    timer = setTimeout(() => setImmediate(countSlice), timeoutMs / sliceCount)
  }

  function countSlice(): void {
    slicesPassed++
    sliceStartedAt = Infinity
    for (const each of running) {
      if (each.slicesLeft-- > 0) continue
      running.delete(each)
      each.onExpired()
    }
    isCounting = running.size > 0
    if (isCounting) scheduleSlice()
  }

  /** Returns the present time in slices. */
  function now(): number {
    const slice = timeoutMs / sliceCount
    return slicesPassed + Math.min(1, Math.max(0, (performance.now() - sliceStartedAt) / slice))
  }

  return {
    start(onExpired, slices = sliceCount) {
      const each = { slicesLeft: slices, onExpired }
      running.add(each)
      if (!isCounting) scheduleSlice()
      else if (running.size === 1) timer.ref?.()
      isCounting = true
      const startedAt = now()
      return {
        elapsed: () => now() - startedAt,
        remaining: () => (each.slicesLeft * timeoutMs) / sliceCount,
        cancel() {
          const isCancelled = running.delete(each)
          // A process that waits for nothing can exit.
          if (running.size === 0) timer.unref?.()
          return isCancelled
        },
      }
    },
  }
}
