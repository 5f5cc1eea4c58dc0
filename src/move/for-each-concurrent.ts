/** How many are worked on at once. */
const together = 50

/** Does something with each of many, some at a time, and resolves when all is done; rejects with the first error, and goes no further. */
export async function forSome<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const under = new Set<Promise<void>>()
  const errors: unknown[] = []
  let count = 0
  try {
    for await (const item of items) {
      const done = work(item)
        .catch((error: unknown) => void errors.push(error))
        .finally(() => under.delete(done))
      under.add(done)
      if (under.size >= together) await Promise.race(under)
      // Some stores answer at once, and nobody else in this process would have a turn.
      if (++count % together === 0) await new Promise(setImmediate)
      if (errors.length > 0) break
    }
  } finally {
    await Promise.all(under)
  }
  if (errors.length > 0) throw errors[0]
}
