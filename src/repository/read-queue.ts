/** Ids that wait to be read. Few reads run at once, so that the store has room for requests. */
export interface ReadQueue {
  add(id: string): void
  remove(id: string): void
  /** Doubles the number of concurrent reads while ids are waiting, and resets it otherwise. */
  adaptLimit(): void
}

/** How many reads run at once, and how many at most if that is too few for the number of sessions. */
const [minConcurrency, maxConcurrency] = [20, 160]

/** @param read reads one session. It must not reject. */
export function createReadQueue(read: (id: string) => Promise<void>): ReadQueue {
  const waiting = new Set<string>()
  let running = 0
  let limit = minConcurrency

  function startReads(): void {
    for (const id of waiting) {
      if (running >= limit) return
      waiting.delete(id)
      void run(id)
    }
  }

  async function run(id: string): Promise<void> {
    running++
    await read(id)
    running--
    startReads()
  }

  return {
    add(id) {
      waiting.add(id)
      startReads()
    },
    remove(id) {
      waiting.delete(id)
    },
    adaptLimit() {
      limit = waiting.size > 0 ? Math.min(2 * limit, maxConcurrency) : minConcurrency
    },
  }
}
