import { collectCookies, sendRequests } from '../requests/client.mjs'
import { idOf } from '../requests/servers/index.mjs'

/** The delay of the network in each direction. */
export const delayMs = 3
const connections = 8
const visitors = 64
const loads = { read: '/read', change: '/count', 'sign-in': '/begin/small' }

/** Headings of the table, and the names that the figures have. */
export const latencyColumns = Object.fromEntries(
  Object.keys(loads).flatMap((load) => ['p50', 'p99'].map((part) => [`${load}: ms, ${part}`, `${load}, ${part}`])),
)

/**
 * @param {Awaited<ReturnType<typeof import('./observed-server.mjs').startObserved>>} observed
 * @param {number} count of requests in one measurement
 * @returns {Promise<import('../rounds.mjs').Case[]>}
 */
export async function createLatencyCases(observed, count) {
  const cookies = await collectCookies(observed, 'small', visitors)
  observed.setDelay(delayMs)
  return Object.entries(loads).map(([load, path]) => ({
    row: idOf(observed.server),
    async measure() {
      const visitorsOf = load === 'sign-in' ? [undefined] : cookies
      const latencies = await sendRequests(observed, path, visitorsOf, count, connections)
      const sorted = latencies.toSorted((one, other) => one - other)
      const percentile = (part) => sorted[Math.min(count - 1, Math.floor(part * count))]
      return { [`${load}, p50`]: percentile(0.5), [`${load}, p99`]: percentile(0.99) }
    },
  }))
}
