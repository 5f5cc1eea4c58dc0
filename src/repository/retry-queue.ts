/** Work that is repeated until it succeeds. */
export interface Retry {
  /** Resolves to `true` if the work is done. `false` or a rejection means: try again. */
  attempt(): Promise<boolean>
}

/** Work by name. New work replaces work of the same name. */
export interface RetryQueue<Entry extends Retry> {
  add(name: string, entry: Entry): void
}

const retryDelayMs = 1000
/** How many are attempted at once. */
const batchSize = 50

/**
 * @param maxEntries how many wait at most. If there are more, the oldest is dropped.
 * @param onDone is called with each entry that has succeeded
 */
export function createRetryQueue<Entry extends Retry>(
  maxEntries: number,
  onDone: (name: string, entry: Entry) => void,
): RetryQueue<Entry> {
  const pending = new Map<string, Entry>()
  let timer: ReturnType<typeof setTimeout> | null = null

  function scheduleRetry() {
    const timeout = setTimeout(retryPending, retryDelayMs)
    // The queue must not keep a stopping server alive.
    timeout.unref?.()
    return timeout
  }

  async function retryPending(): Promise<void> {
    const entries = [...pending]
    for (let at = 0; at < entries.length; at += batchSize) {
      const batch = entries.slice(at, at + batchSize)
      const answers = await Promise.all(batch.map(async ([name, entry]) => attempt(name, entry)))
      // The store answers nothing at all: leave the rest for the next time.
      if (answers.every((answer) => answer === null)) break
    }
    timer = pending.size > 0 ? scheduleRetry() : null
  }

  /** Resolves to `null` if the store does not answer. */
  async function attempt(name: string, entry: Entry): Promise<boolean | null> {
    const answer = await entry.attempt().catch(() => null)
    // Other work has replaced it meanwhile.
    if (pending.get(name) !== entry) return answer
    pending.delete(name)
    if (answer === true) onDone(name, entry)
    // Back to the end of the queue, so that an entry that always fails does not delay the others.
    else pending.set(name, entry)
    return answer
  }

  return {
    add(name, entry) {
      pending.set(name, entry)
      if (pending.size > maxEntries) pending.delete(pending.keys().next().value!)
      timer ??= scheduleRetry()
    },
  }
}
