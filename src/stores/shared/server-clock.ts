/** What time it is at a server, as its answers tell: so that a write can carry a deadline that the server itself looks at. */
export interface TheirClock {
  /** An instant of ours, in epoch milliseconds, as the server counts. Asks the server where it said nothing lately. */
  theirs(instant: number): Promise<number>
  /**
   * Takes note of what the server just said the time is, in epoch milliseconds. With `sent`, when it was asked, by
   * `performance.now()`, that the server's clock was set back is noticed at once; without, within a minute.
   */
  heard(time: number, sent?: number): void
}

/** The same of a server that is not asked for it: `null` where it said nothing lately. */
export interface Estimate extends Pick<TheirClock, 'heard'> {
  /** As of {@link TheirClock}. */
  theirs(instant: number): number | null
}

const minute = 60_000

export function createEstimate(): Estimate {
  // Against a clock of ours that nobody sets.
  let ahead = 0
  let boundAt = -Infinity

  function heard(time: number, sent?: number): void {
    const now = performance.now()
    // It looked at its clock after it was asked and before its answer came, and may tell whole milliseconds only.
    const [least, most] = [time - now, sent === undefined ? Infinity : time + 1 - sent]
    // Answers take their time, so the one that says most says it best; until the server's clock may have been set.
    if (least <= ahead && ahead <= most && now - boundAt <= minute) return
    ahead = least
    boundAt = now
  }

  return {
    heard,
    theirs(instant) {
      if (performance.now() - boundAt > 10 * minute) return null
      return Math.floor(performance.now() + (instant - Date.now()) + ahead)
    },
  }
}

/** @param ask asks the server for its time, in epoch milliseconds */
export function createTheirClock(ask: () => Promise<number>): TheirClock {
  const { heard, theirs } = createEstimate()
  let asking: Promise<void> | null = null

  async function askNow(): Promise<void> {
    const sent = performance.now()
    try {
      heard(await ask(), sent)
    } finally {
      asking = null
    }
  }

  return {
    heard,
    async theirs(instant) {
      const known = theirs(instant)
      if (known !== null) return known
      await (asking ??= askNow())
      return theirs(instant)!
    },
  }
}
