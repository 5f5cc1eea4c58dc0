/** The time of a server, estimated from its replies, so that a write can carry a deadline that the server itself checks. */
export interface ServerClock {
  /** Converts an instant of our clock to the server's, in epoch milliseconds. Asks the server if the estimate is old. */
  toServerTime(instant: number): Promise<number>
  /**
   * Records the time that the server just reported, in epoch milliseconds.
   *
   * @param sentAt when the request was sent, by `performance.now()`. With it, a server clock that was set back is noticed at
   *   once; without it, within a minute.
   */
  observe(serverTime: number, sentAt?: number): void
}

/** A {@link ServerClock} that never asks the server. */
export interface ClockEstimate extends Pick<ServerClock, 'observe'> {
  /** Converts an instant as {@link ServerClock} does; `null` if the estimate is older than ten minutes. */
  toServerTime(instant: number): number | null
}

const minuteMs = 60_000

export function createClockEstimate(): ClockEstimate {
  // Relative to performance.now(), because our wall clock may be set.
  let offsetMs = 0
  let observedAt = -Infinity

  function observe(serverTime: number, sentAt?: number): void {
    const now = performance.now()
    // The server read its clock between `sentAt` and now. It may report whole milliseconds, hence the one added.
    const minOffsetMs = serverTime - now
    const maxOffsetMs = sentAt === undefined ? Infinity : serverTime + 1 - sentAt
    // A slow reply makes the offset look smaller, so keep the largest one. Replace it after a minute, or if this reply rules
    // it out, because the server's clock may have been set.
    if (minOffsetMs <= offsetMs && offsetMs <= maxOffsetMs && now - observedAt <= minuteMs) return
    offsetMs = minOffsetMs
    observedAt = now
  }

  return {
    observe,
    toServerTime(instant) {
      if (performance.now() - observedAt > 10 * minuteMs) return null
      return Math.floor(performance.now() + (instant - Date.now()) + offsetMs)
    },
  }
}

/** @param askServer asks the server for its time, in epoch milliseconds */
export function createServerClock(askServer: () => Promise<number>): ServerClock {
  const { observe, toServerTime } = createClockEstimate()
  let pendingRequest: Promise<void> | null = null

  async function observeServer(): Promise<void> {
    const sentAt = performance.now()
    try {
      observe(await askServer(), sentAt)
    } finally {
      pendingRequest = null
    }
  }

  return {
    observe,
    async toServerTime(instant) {
      const known = toServerTime(instant)
      if (known !== null) return known
      await (pendingRequest ??= observeServer())
      return toServerTime(instant)!
    },
  }
}
