import { createEstimate, type Estimate } from '../shared/server-clock.ts'

/**
 * What time it is at each server that may come to a write: the servers of a cluster have a clock each, and which of them
 * has a key may change while the write is on its way.
 */
export interface Clocks {
  /** An instant of ours, in epoch milliseconds, as each server counts that said what time it is; for a script. */
  deadlines(until: number): string
  /** Takes note of what a script told of its server, which was asked at `sent`, by `performance.now()`. */
  heard(told: string, sent: number): void
}

export function createClocks(isCluster: boolean): Clocks {
  const estimates = new Map<string, Estimate>()
  // On others it would be an error, and count as one where errors are counted.
  const asking = isCluster ? 'who;' : ';'

  return {
    deadlines(until) {
      const texts: string[] = []
      for (const [server, estimate] of estimates) {
        const theirs = estimate.theirs(until)
        if (theirs === null) estimates.delete(server)
        else texts.push(`${server}@${theirs};`)
      }
      return asking + texts.join('')
    },
    heard(told, sent) {
      const [time, server = ''] = told.split('@')
      let estimate = estimates.get(server)
      if (estimate === undefined) estimates.set(server, (estimate = createEstimate()))
      estimate.heard(Number(time), sent)
    },
  }
}
