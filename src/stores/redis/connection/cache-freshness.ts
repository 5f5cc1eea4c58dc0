/** Bounds how old an answer from a client's memory may be. */
export interface CacheFreshness {
  /** Takes note of an answer, by when it was asked for: what changed before, the server had told by then. By `performance.now()`. */
  recordAnswer(sent: number): void
  /** Resolves once the client's memory is known to be no older than a second; asks the server where it is not. */
  ensureFresh(): Promise<void>
}

const maxAgeMs = 1000

/** @param ping asks the server for any answer that does not come from memory */
export function createCacheFreshness(ping: () => Promise<unknown>): CacheFreshness {
  let asOf = -Infinity
  let asking: Promise<void> | null = null

  function recordAnswer(sent: number): void {
    asOf = Math.max(asOf, sent)
  }

  async function pingServer(): Promise<void> {
    const sent = performance.now()
    try {
      await ping()
      recordAnswer(sent)
    } finally {
      asking = null
    }
  }

  async function ensureFresh(called = performance.now()): Promise<void> {
    if (asOf >= called - maxAgeMs) return
    await (asking ??= pingServer())
    // Perhaps it had been asked long before, and answered only now.
    return ensureFresh(called)
  }

  return { recordAnswer, ensureFresh: () => ensureFresh() }
}
