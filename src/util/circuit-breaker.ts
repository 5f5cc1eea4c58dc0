/** Whether a store is asked at all: one that does not answer is left alone, but for a question now and then. */
export interface Breaker {
  /** How many misses in a row are left until it opens; 0 while it is open. */
  readonly left: number
  /**
   * Whether a question may be asked now.
   *
   * @param needsRoom whether it is one that a full store refuses, while it answers all others
   */
  admits(needsRoom?: boolean): boolean
  answered(): void
  missed(needsRoom?: boolean): void
}

const mostMisses = 5
/** How long an open breaker waits before it lets the next question through, in milliseconds. */
const pause = 1000

/**
 * A breaker that opens after five misses with no answer between them, and closes at the first answer. Misses that may come of
 * a lack of room alone keep nobody from what needs none.
 */
export function createBreaker(): Breaker {
  let misses = 0
  let isOnlyFull = true
  // Each kind by itself: what a full store refuses, again and again, takes no other question's turn.
  let askedAt = { read: 0, write: 0 }
  return {
    get left() {
      return Math.max(0, mostMisses - misses)
    },
    admits(needsRoom = false) {
      if (misses < mostMisses || (isOnlyFull && !needsRoom)) return true
      // By a clock that nobody sets, and no test stops.
      const now = performance.now()
      const kind = needsRoom ? 'write' : 'read'
      if (now - askedAt[kind] < pause) return false
      askedAt[kind] = now
      return true
    },
    answered() {
      misses = 0
      isOnlyFull = true
    },
    missed(needsRoom = false) {
      misses++
      isOnlyFull &&= needsRoom
      const now = performance.now()
      if (misses === mostMisses) askedAt = { read: now, write: now }
    },
  }
}
