import { requestOf } from '../load.mjs'
import { nameOf, visit } from '../requests.mjs'
import { interleave } from '../rounds.mjs'

/** How much later each answer of Redis comes, in milliseconds. */
export const delay = 5

/** How many requests are in flight. */
export const inFlight = 8

export const latencyLoads = [
  { name: 'read', path: '/read', hasCookie: true },
  { name: 'change', path: '/count', hasCookie: true },
  { name: 'sign in', path: '/begin/small', hasCookie: false },
]

const visitors = 64

/**
 * How long requests take with a slow way to Redis. Resolves to milliseconds by `nameOf`: the median of each round, and all.
 *
 * @param {readonly { server: any, proxy: any }[]} servers
 * @param {{ rounds: number, count: number, onRound: (round: number) => void }} options
 * @returns {Promise<{ medians: Map<string, number[]>, all: Map<string, number[]> }>}
 */
export async function latencies(servers, { rounds, count, onRound }) {
  const all = new Map()
  const cases = []
  for (const { server, proxy } of servers) {
    const sockets = server.sockets.slice(0, inFlight)
    for (const { name, path, hasCookie } of latencyLoads) {
      proxy.slow(0)
      const cookies = await visit(sockets, 'small', visitors)
      proxy.slow(delay)
      const sent = cookies.map((cookie) => requestOf(path, hasCookie ? cookie : undefined))
      const key = nameOf(server.id, name)
      all.set(key, [])
      cases.push({
        name: key,
        async measure() {
          const taken = await timed(sockets, sent, count)
          all.get(key).push(...taken)
          return at(taken, 0.5)
        },
      })
    }
  }
  const forget = (round) => {
    if (round <= 0) for (const taken of all.values()) taken.length = 0
    onRound(round)
  }
  return { medians: await interleave(cases, { rounds, onRound: forget }), all }
}

/** Each connection one at a time, in milliseconds. */
async function timed(sockets, sent, count) {
  const taken = []
  let next = 0
  await Promise.all(
    sockets.map(async ({ exchange }) => {
      while (next < count) {
        const request = sent[next++ % sent.length]
        const started = performance.now()
        await exchange(request)
        taken.push(performance.now() - started)
      }
    }),
  )
  return taken
}

/** The figure that such a part of them does not exceed. @param {readonly number[]} figures @param {number} part */
export function at(figures, part) {
  const sorted = figures.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]
}
