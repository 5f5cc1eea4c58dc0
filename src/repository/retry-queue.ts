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
      const answers = await Promise.all(batch.map(async ([, entry]) => entry.attempt().catch(() => null)))
      for (const [index, [name, entry]] of batch.entries()) settle(name, entry, answers[index] === true)
      // The store answers nothing at all: leave the rest for the next time.
      if (answers.every((answer) => answer === null)) break
    }
    timer = pending.size > 0 ? scheduleRetry() : null
  }

  function settle(name: string, entry: Entry, isDone: boolean): void {
    // Other work has replaced it meanwhile.
    if (pending.get(name) !== entry) return
    pending.delete(name)
    if (isDone) onDone(name, entry)
    // Back to the end of the queue, so that an entry that always fails does not delay the others.
    else pending.set(name, entry)
  }

  return {
    add(name, entry) {
      pending.set(name, entry)
      if (pending.size > maxEntries) pending.delete(pending.keys().next().value!)
      timer ??= scheduleRetry()
    },
  }
}
