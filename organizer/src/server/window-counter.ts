/** The count of a key, and when its window ends. */
export interface WindowCount {
  readonly count: number
  readonly secondsLeft: number
}

interface Window {
  count: number
  readonly endsAt: number
}

export type WindowCounter = ReturnType<typeof createWindowCounter>

interface WindowCounterOptions {
  readonly seconds: number
  readonly maxKeys?: number
  readonly now?: () => number
}

/**
 * Counts by key. The window of a key starts with its first count and lasts for `seconds`. At most `maxKeys` windows are
 * remembered, so that no flood of keys fills the memory.
 */
export function createWindowCounter({ seconds, maxKeys = 10_000, now = Date.now }: WindowCounterOptions) {
  // All windows last equally long, so a Map has them in the order in which they end.
  const windows = new Map<string, Window>()

  function removeEnded(): void {
    for (const [key, { endsAt }] of windows) {
      if (endsAt > now()) return
      windows.delete(key)
    }
  }

  function find(key: string): Window | undefined {
    const window = windows.get(key)
    return window !== undefined && window.endsAt > now() ? window : undefined
  }

  function open(key: string): Window {
    removeEnded()
    if (windows.size >= maxKeys) windows.delete(findLowest())
    const window = { count: 0, endsAt: now() + seconds * 1000 }
    windows.set(key, window)
    return window
  }

  /**
   * Finds the lowest count among the older half. A flood of new keys then removes no count that is near its limit. The newer
   * half stays, because a new key could never reach its limit otherwise.
   */
  function findLowest(): string {
    let [lowestKey, lowest, seen] = ['', Infinity, 0]
    for (const [key, { count }] of windows) {
      if (count < lowest) [lowestKey, lowest] = [key, count]
      seen += 1
      if (lowest <= 1 || seen >= maxKeys / 2) break
    }
    return lowestKey
  }

  return {
    count: (key: string): number => find(key)?.count ?? 0,

    /** Adds 1 to a key. */
    add(key: string): WindowCount {
      const window = find(key) ?? open(key)
      window.count += 1
      return { count: window.count, secondsLeft: Math.max(1, Math.ceil((window.endsAt - now()) / 1000)) }
    },

    /** Takes `count` from a key. */
    subtract(key: string, count: number): void {
      const window = find(key)
      if (window !== undefined) window.count = Math.max(0, window.count - count)
    },

    /** Forgets a key. */
    remove: (key: string) => void windows.delete(key),

    /** How many keys are remembered. */
    get size() {
      return windows.size
    },
  }
}
