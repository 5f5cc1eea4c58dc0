import type { Lifetimes } from '../core/lifetime.ts'
import type { ResilientStore } from './resilient-store.ts'

const sweepIntervalMs = 60_000

/** Sweeps what expired out of a store: at most once a minute, a step at a time, and nobody waits for it. */
export function createSweep(
  { sweep }: ResilientStore,
  { idleTimeout }: Pick<Lifetimes, 'idleTimeout'>,
): (now: number) => void {
  // Records outlive their end, so that who was away learns that they were, and a server whose clock is wrong signs nobody out.
  const graceMs = Math.ceil(Math.max(3600, idleTimeout) * 1000)
  let lastSweepAt = -Infinity
  let isSweeping = false

  async function sweepExpired(now: number): Promise<void> {
    isSweeping = true
    try {
      do await new Promise((resolve) => setTimeout(resolve, 0))
      while ((await sweep!(now - graceMs)) > 0)
    } catch {
      // It was told of; the next minute tries again.
    } finally {
      isSweeping = false
    }
  }

  return function sweepIfDue(now) {
    if (sweep === undefined || isSweeping || Math.abs(now - lastSweepAt) < sweepIntervalMs) return
    lastSweepAt = now
    void sweepExpired(now)
  }
}
