import type { MaybePromise } from './maybe-promise.ts'

/** Creates a mutex for each key: work of the same key runs one after another, work of different keys at once. */
export function createKeyedMutex() {
  const tails = new Map<string, Promise<unknown>>()
  return function runExclusive<Result>(key: string, work: () => MaybePromise<Result>): MaybePromise<Result> {
    const previous = tails.get(key)
    const run = previous === undefined ? work() : previous.then(work, work)
    if (!(run instanceof Promise)) return run
    tails.set(key, run)
    const leave = (): void => {
      if (tails.get(key) === run) tails.delete(key)
    }
    run.then(leave, leave)
    return run
  }
}
