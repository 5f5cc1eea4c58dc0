import { TooLate } from '../store.ts'

/** Runs statements, and repeats those that another process keeps out of the database with its lock. */
export interface LockQueue {
  /** Runs a query. It does not wait for writes, because in WAL mode a query needs no lock. */
  read<Result>(work: () => Result): Promise<Result>
  /**
   * Runs a write after those that wait already. Rejects with `TooLate` if the database is locked until `until` (epoch
   * milliseconds); `Infinity` waits without a limit.
   */
  write<Result>(work: () => Result, until?: number): Promise<Result>
}

interface Waiting {
  readonly work: () => unknown
  readonly resolve: (result: any) => void
  readonly reject: (error: unknown) => void
  /** By the monotonic clock, because a change of the system time must neither end nor prolong the wait. */
  readonly deadline: number
}

/** How long a call without `until` waits, such as a sweep. */
const defaultWaitMs = 5000

/**
 * Drivers of SQLite are synchronous, and `busy_timeout` would block the whole process while it waits. So statements fail at
 * once if the database is locked, and are repeated from a timer. Only the first write of the queue is repeated: the lock is
 * the same for all of them.
 */
export function createLockQueue(): LockQueue {
  let waiting: Waiting[] = []

  async function read<Result>(work: () => Result): Promise<Result> {
    try {
      return work()
    } catch (error) {
      if (!isLocked(error)) throw error
      return enqueue(work, defaultWaitMs)
    }
  }

  async function write<Result>(work: () => Result, until = Date.now() + defaultWaitMs): Promise<Result> {
    if (waiting.length > 0) return enqueue(work, until - Date.now())
    try {
      return work()
    } catch (error) {
      if (!isLocked(error)) throw error
      return enqueue(work, until - Date.now())
    }
  }

  function enqueue<Result>(work: () => Result, waitMs: number): Promise<Result> {
    return new Promise((resolve, reject) => {
      waiting.push({ work, resolve, reject, deadline: performance.now() + waitMs })
      if (waiting.length === 1) scheduleRetry()
    })
  }

  // Random, so that two processes do not try in step.
  const scheduleRetry = (): void => void setTimeout(retryFirst, 1 + Math.random() * 4)

  function retryFirst(): void {
    dropExpired()
    const [first] = waiting
    if (first === undefined) return
    try {
      first.resolve(first.work())
    } catch (error) {
      if (isLocked(error)) return scheduleRetry()
      first.reject(error)
    }
    waiting.shift()
    // One in each turn of the event loop, so that a long queue does not block the process.
    if (waiting.length > 0) setImmediate(retryFirst)
  }

  function dropExpired(): void {
    const now = performance.now()
    for (const { reject, deadline } of waiting) {
      if (deadline <= now) reject(new TooLate('Another process has the SQLite database locked.'))
    }
    waiting = waiting.filter(({ deadline }) => deadline > now)
  }

  return { read, write }
}

/** Returns whether a driver's error says that another process has the database locked. Drivers use different codes for it. */
export const isLocked = (error: unknown): boolean => /\b(locked|busy)\b/i.test(String(error))
