import { createClockEstimate, type ClockEstimate } from '../shared/server-clock.ts'

/**
 * Estimates the time of each server. The servers of a cluster have different clocks, and a key may move to another server
 * while a write is under way. So a write contains its deadline in the time of every known server.
 */
export interface ServerClocks {
  /** Returns the deadline `until`, in our epoch milliseconds, in the time of each known server; as a text for a script. */
  encodeDeadlines(until: number): string
  /** Records the server's time from a script's reply. `sent` is when the script was sent, by `performance.now()`. */
  observe(clockText: string, sent: number): void
}

export function createServerClocks(isCluster: boolean): ServerClocks {
  const estimates = new Map<string, ClockEstimate>()
  // 'who' makes the script call CLUSTER MYID. Other servers would count that as an error in their statistics.
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
