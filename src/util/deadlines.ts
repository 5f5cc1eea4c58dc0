/** Starts deadlines of one length. */
export interface Deadlines {
  /** Starts a deadline, and calls `onExpired` once it has expired: after one slice more than `slices`. */
  start(target: ExpiryTarget, slices?: number): Deadline
}

/** Is called when a deadline expires. */
export interface ExpiryTarget {
  onExpired(): void
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
  const sliceMs = timeoutMs / sliceCount
  const running = new Set<RunningDeadline>()
  let isCounting = false
  let timer: ReturnType<typeof setTimeout>
  let slicesPassed = 0
  /** When the present slice started; `Infinity` while deadlines expire between two slices. */
  let sliceStartedAt = Infinity

  function scheduleSlice(): void {
    sliceStartedAt = performance.now()
    timer = setTimeout(() => setImmediate(countSlice), sliceMs)
  }

  function countSlice(): void {
    slicesPassed++
    sliceStartedAt = Infinity
    for (const each of running) {
      if (each.slicesLeft-- > 0) continue
      running.delete(each)
      each.target.onExpired()
    }
    isCounting = running.size > 0
    if (isCounting) scheduleSlice()
  }

  /** Returns the present time in slices. */
  function now(): number {
    return slicesPassed + Math.min(1, Math.max(0, (performance.now() - sliceStartedAt) / sliceMs))
  }

  function cancel(deadline: RunningDeadline): boolean {
    const isCancelled = running.delete(deadline)
    // A process that waits for nothing can exit.
    if (running.size === 0) timer.unref?.()
    return isCancelled
  }

  return {
    start(target, slices = sliceCount) {
      if (!isCounting) scheduleSlice()
      else if (running.size === 0) timer.ref?.()
      isCounting = true
      const deadline = new RunningDeadline(target, slices, sliceMs, now, cancel)
      running.add(deadline)
      return deadline
    },
  }
}

/** A class, because each call of a store has a deadline. */
class RunningDeadline implements Deadline {
  readonly target: ExpiryTarget
  slicesLeft: number
  readonly #sliceMs: number
  /** Returns the present time in slices. */
  readonly #now: () => number
  readonly #cancel: (deadline: RunningDeadline) => boolean
  readonly #startedAt: number

  constructor(
    target: ExpiryTarget,
    slices: number,
    sliceMs: number,
    now: () => number,
    cancel: (deadline: RunningDeadline) => boolean,
  ) {
    this.target = target
    this.slicesLeft = slices
    this.#sliceMs = sliceMs
    this.#now = now
    this.#cancel = cancel
    this.#startedAt = now()
  }

  elapsed(): number {
    return this.#now() - this.#startedAt
  }

  remaining(): number {
    return this.slicesLeft * this.#sliceMs
  }

  cancel(): boolean {
    return this.#cancel(this)
  }
}

/** Whether a timer outlives the request that has started it. On Cloudflare Workers it does not. */
export function hasLastingTimers(): boolean {
  const { navigator } = globalThis as { navigator?: { readonly userAgent?: string } }
  return navigator?.userAgent !== 'Cloudflare-Workers'
}

/**
 * Creates deadlines with a timer each, for runtimes without lasting timers: with one timer for all, calls of other requests would
 * wait without a limit.
 *
 * @param timeoutMs the timeout in milliseconds
 */
export function createSeparateDeadlines(timeoutMs: number): Deadlines {
  const sliceMs = timeoutMs / sliceCount
  return {
    start(target, slices = sliceCount) {
      const startedAt = performance.now()
      let isRunning = true
      const expire = (): void => {
        isRunning = false
        target.onExpired()
      }
      const timer = slices === Infinity ? undefined : setTimeout(expire, slices * sliceMs)
      const elapsed = (): number => (performance.now() - startedAt) / sliceMs
      return {
        elapsed,
        remaining: () => Math.max(0, slices - elapsed()) * sliceMs,
        cancel() {
          clearTimeout(timer)
          const isCancelled = isRunning
          isRunning = false
          return isCancelled
        },
      }
    },
  }
}
