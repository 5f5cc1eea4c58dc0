import { AsyncResource } from 'node:async_hooks'
import type { StoreCallback } from './express-store.ts'

/** How long one write may take, in milliseconds: longer than stores wait for their servers. */
export const maxWriteMs = 30_000

export const writeTimeoutError = (): Error =>
  new Error(`The session store did not answer within ${maxWriteMs / 1000} seconds.`)

/**
 * Creates a mutex for each id: work of one id runs one after another, and at once if nothing of that id is under way. With
 * callbacks instead of promises, so that a store that calls back at once still does. Work fails after 30 seconds: a store that never
 * answers must not block a session for good. A later answer is then ignored.
 */
export function createWriteMutex() {
  const waiting = new Map<string, (() => void)[]>()

  /** @param work must call `done`; the next work starts then, after `callback` */
  return function runExclusive(sid: string, work: (done: StoreCallback) => void, callback: StoreCallback): void {
    let timer: NodeJS.Timeout | undefined
    let isOver = false
    let isLate = false

    function start(): void {
      work(done)
      if (isOver) return
      timer = setTimeout(() => {
        isLate = true
        finish(writeTimeoutError())
      }, maxWriteMs).unref()
    }

    function done(error?: unknown): void {
      if (!isLate) finish(error)
    }

    function finish(error: unknown): void {
      clearTimeout(timer)
      const next = isOver ? undefined : leave()
      isOver = true
      try {
        callback(error)
      } finally {
        next?.()
      }
    }

    function leave(): (() => void) | undefined {
      const next = waiting.get(sid)?.shift()
      if (next === undefined) waiting.delete(sid)
      return next
    }

    const queue = waiting.get(sid)
    // Another request's answer starts the work. Without binding, the work would see the AsyncLocalStorage of that request.
    if (queue !== undefined) return void queue.push(AsyncResource.bind(start))
    waiting.set(sid, [])
    start()
  }
}
