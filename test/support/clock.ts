/** A clock that moves when a test moves it. */
export interface StoppedClock {
  /** Epoch milliseconds. */
  now: () => number
  /** Moves it, by seconds; backwards when they are negative. */
  advance(seconds: number): void
}

export const minute = 60
export const hour = 60 * minute
export const day = 24 * hour

export function stoppedClock(instant = Date.UTC(2026, 0, 15, 12)): StoppedClock {
  let at = instant
  return {
    now: () => at,
    advance(seconds) {
      at += seconds * 1000
    },
  }
}
