import type { GuardedStore } from './resilient-store.ts'
import type { Lifetimes } from '../core/lifetime.ts'

const everyMinute = 60_000

/** Sweeps what expired out of a store: at most once a minute, a step at a time, and nobody waits for it. */
export function createSweeping(
  { sweep }: GuardedStore,
  { idleTimeout }: Pick<Lifetimes, 'idleTimeout'>,
): (now: number) => void {
  // Records outlive their end, so that who was away learns that they were, and a server whose clock is wrong signs nobody out.
  const grace = Math.ceil(Math.max(3600, idleTimeout) * 1000)
  let last = -Infinity
  let isSweeping = false

  async function run(now: number): Promise<void> {
    isSweeping = true
    try {
      do await new Promise((resolve) => setTimeout(resolve, 0))
      while ((await sweep!(now - grace)) > 0)
    } catch {
      // It was told of; the next minute tries again.
    } finally {
      isSweeping = false
    }
  }

  return function sweepIfDue(now) {
    if (sweep === undefined || isSweeping || Math.abs(now - last) < everyMinute) return
    last = now
    void run(now)
  }
}
