/** What time it is at a server, as its answers tell: so that a write can carry a deadline that the server itself looks at. */
export interface ServerClock {
  /** An instant of ours, in epoch milliseconds, as the server counts. Asks the server where it said nothing lately. */
  toServerTime(instant: number): Promise<number>
  /**
   * Takes note of what the server just said the time is, in epoch milliseconds. With `sent`, when it was asked, by
   * `performance.now()`, that the server's clock was set back is noticed at once; without, within a minute.
   */
  observe(time: number, sent?: number): void
}

/** The same of a server that is not asked for it: `null` where it said nothing lately. */
export interface ClockEstimate extends Pick<ServerClock, 'observe'> {
  /** As of {@link ServerClock}. */
  toServerTime(instant: number): number | null
}

const minuteMs = 60_000

export function createClockEstimate(): ClockEstimate {
  // Against a clock of ours that nobody sets.
  let offsetMs = 0
  let observedAt = -Infinity

  function observe(time: number, sent?: number): void {
    const now = performance.now()
    // It looked at its clock after it was asked and before its answer came, and may tell whole milliseconds only.
    const [least, most] = [time - now, sent === undefined ? Infinity : time + 1 - sent]
    // Answers take their time, so the one that says most says it best; until the server's clock may have been set.
    if (least <= offsetMs && offsetMs <= most && now - observedAt <= minuteMs) return
    offsetMs = least
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
  let asking: Promise<void> | null = null

  async function observeServer(): Promise<void> {
    const sent = performance.now()
    try {
      observe(await askServer(), sent)
    } finally {
      asking = null
    }
  }

  return {
    observe,
    async toServerTime(instant) {
      const known = toServerTime(instant)
      if (known !== null) return known
      await (asking ??= observeServer())
      return toServerTime(instant)!
    },
  }
}
