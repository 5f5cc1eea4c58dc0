/** Bounds how old an answer from a client's memory may be. */
export interface Bound {
  /** Takes note of an answer, by when it was asked for: what changed before, the server had told by then. By `performance.now()`. */
  answered(sent: number): void
  /** Resolves once the client's memory is known to be no older than a second; asks the server where it is not. */
  recent(): Promise<void>
}

const second = 1000

/** @param ping asks the server for any answer that does not come from memory */
export function createBound(ping: () => Promise<unknown>): Bound {
  let asOf = -Infinity
  let asking: Promise<void> | null = null

  function answered(sent: number): void {
    asOf = Math.max(asOf, sent)
  }

  async function ask(): Promise<void> {
    const sent = performance.now()
    try {
      await ping()
      answered(sent)
    } finally {
      asking = null
    }
  }

  async function recent(called = performance.now()): Promise<void> {
    if (asOf >= called - second) return
    await (asking ??= ask())
    // Perhaps it had been asked long before, and answered only now.
    return recent(called)
  }

  return { answered, recent: () => recent() }
}
