import type { Lifetimes } from '../core/lifetime.ts'
import { hasLastingTimers } from '../util/deadlines.ts'
import type { ResilientStore } from './resilient-store.ts'

const sweepIntervalMs = 60_000

/**
 * Returns a function that sweeps expired records out of a store, in the background, in small steps, at most once a minute. It sweeps
 * nothing on Cloudflare Workers, which drop what a request has not finished when its response has been sent.
 */
export function createSweep(
  { sweep }: ResilientStore,
  { idleTimeout }: Pick<Lifetimes, 'idleTimeout'>,
): (now: number) => void {
  // Keep expired records for a while. Then users still learn why their session ended, and a wrong clock does not sign users out.
  const graceMs = Math.ceil(Math.max(3600, idleTimeout) * 1000)
  let lastSweepAt = -Infinity
  let isSweeping = false

  async function sweepExpired(now: number): Promise<void> {
    isSweeping = true
    try {
      do await new Promise((resolve) => setTimeout(resolve, 0))
      while ((await sweep!(now - graceMs)) > 0)
    } catch {
      // The failure was reported as an event. The next sweep tries again.
    } finally {
      isSweeping = false
    }
  }

  return function sweepIfDue(now) {
    if (sweep === undefined || isSweeping || Math.abs(now - lastSweepAt) < sweepIntervalMs || !hasLastingTimers())
      return
    lastSweepAt = now
    void sweepExpired(now)
  }
}
