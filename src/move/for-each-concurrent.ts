/** How many items are processed at once. */
const maxConcurrent = 50

/** Processes items concurrently, and resolves when all are done. After an error it starts no more items, and rejects with it. */
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
      // Some stores resolve without I/O, so give the rest of the process a turn.
      if (++count % maxConcurrent === 0) await new Promise(setImmediate)
      if (errors.length > 0) break
    }
  } finally {
    await Promise.all(running)
  }
  if (errors.length > 0) throw errors[0]
}
