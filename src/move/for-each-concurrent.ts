/** How many are worked on at once. */
const maxConcurrent = 50

/** Does something with each of many, some at a time, and resolves when all is done; rejects with the first error, and goes no further. */
export async function forEachConcurrent<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>()
  const errors: unknown[] = []
  let count = 0
  try {
    for await (const item of items) {
      const done = work(item)
        .catch((error: unknown) => void errors.push(error))
        .finally(() => running.delete(done))
      running.add(done)
      if (running.size >= maxConcurrent) await Promise.race(running)
      // Some stores answer at once, and nobody else in this process would have a turn.
      if (++count % maxConcurrent === 0) await new Promise(setImmediate)
      if (errors.length > 0) break
    }
  } finally {
    await Promise.all(running)
  }
  if (errors.length > 0) throw errors[0]
}
