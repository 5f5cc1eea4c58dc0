/** Creates a mutex for each key: work of the same key runs one after another, work of different keys at once. */
export function createKeyedMutex() {
  const tails = new Map<string, Promise<unknown>>()
  return async function runExclusive<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const previous = tails.get(key)
    const run = previous === undefined ? work() : previous.then(work, work)
    tails.set(key, run)
    try {
      return await run
    } finally {
      if (tails.get(key) === run) tails.delete(key)
    }
  }
}
