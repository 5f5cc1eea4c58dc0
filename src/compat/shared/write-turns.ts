import { AsyncResource } from 'node:async_hooks'
import type { StoreCallback } from './express-store.ts'

/**
 * Creates a queue for each id: work of one id runs one after another, and at once if nothing of that id is under way. With
 * callbacks instead of promises, so that a store that calls back at once still does.
 */
export function createWriteTurns() {
  const waiting = new Map<string, (() => void)[]>()

  /** @param work must call `done`; the next turn starts then, after `callback` */
  return function inTurn(sid: string, work: (done: StoreCallback) => void, callback: StoreCallback): void {
    let isOver = false
    function done(error?: unknown): void {
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
    if (queue !== undefined) return void queue.push(AsyncResource.bind(() => work(done)))
    waiting.set(sid, [])
    work(done)
  }
}
