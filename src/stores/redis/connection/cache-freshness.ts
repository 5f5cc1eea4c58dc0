/** Limits the age of replies from a client's cache. */
export interface CacheFreshness {
  /**
   * Records that the server replied to a command sent at `sent`, by `performance.now()`. The server sends invalidations
   * before that reply, so the cache has all changes from before `sent`.
   */
  recordAnswer(sent: number): void
  /** Resolves when the cache is at most one second old. Sends a ping to the server if it may be older. */
  ensureFresh(): Promise<void>
}

const maxAgeMs = 1000

/** @param ping sends a command whose reply comes from the server, not from the cache */
export function createCacheFreshness(ping: () => Promise<unknown>): CacheFreshness {
  let freshAt = -Infinity
  let pinging: Promise<void> | null = null

  function recordAnswer(sent: number): void {
    freshAt = Math.max(freshAt, sent)
  }

  async function pingServer(): Promise<void> {
    const sent = performance.now()
    try {
      await ping()
      recordAnswer(sent)
    } finally {
      pinging = null
    }
  }

  async function ensureFresh(called = performance.now()): Promise<void> {
    if (freshAt >= called - maxAgeMs) return
    await (pinging ??= pingServer())
    // Check again: that ping may have been sent long before, and its reply came only now.
    return ensureFresh(called)
  }

  return { recordAnswer, ensureFresh: () => ensureFresh() }
}
