import { createClockEstimate, type ClockEstimate } from '../shared/server-clock.ts'

/**
 * What time it is at each server that may come to a write: the servers of a cluster have a clock each, and which of them
 * has a key may change while the write is on its way.
 */
export interface ServerClocks {
  /** An instant of ours, in epoch milliseconds, as each server counts that said what time it is; for a script. */
  encodeDeadlines(until: number): string
  /** Takes note of what a script told of its server, which was asked at `sent`, by `performance.now()`. */
  observe(clockText: string, sent: number): void
}

export function createServerClocks(isCluster: boolean): ServerClocks {
  const estimates = new Map<string, ClockEstimate>()
  // On others it would be an error, and count as one where errors are counted.
  const prefix = isCluster ? 'who;' : ';'

  return {
    encodeDeadlines(until) {
      const texts: string[] = []
      for (const [server, estimate] of estimates) {
        const serverTime = estimate.toServerTime(until)
        if (serverTime === null) estimates.delete(server)
        else texts.push(`${server}@${serverTime};`)
      }
      return prefix + texts.join('')
    },
    observe(clockText, sent) {
      const [time, server = ''] = clockText.split('@')
      let estimate = estimates.get(server)
      if (estimate === undefined) estimates.set(server, (estimate = createClockEstimate()))
      estimate.observe(Number(time), sent)
    },
  }
}
