import { inFolder } from '../stores/folder.mjs'
import { startRedis } from '../engines/redis.mjs'
import { stopEngines } from '../engines/running.mjs'
import { requests, start } from '../requests.mjs'
import { redisUrl, redisVariants, touchingVariant } from '../servers/redis.mjs'
import { costsOf, steadyOf } from './cost.mjs'
import { at, delay, latencies } from './latency.mjs'
import { startProxy } from './proxy.mjs'

/** What is asked of whole requests. */
const loads = [
  { name: 'read, small', path: '/read', size: 'small' },
  { name: 'read, 1 KB', path: '/read', size: '1KB' },
  { name: 'count, small', path: '/count', size: 'small' },
  { name: 'count, 1 KB', path: '/count', size: '1KB' },
  { name: 'sign in', path: '/begin/small' },
  { name: 'no cookie, read', path: '/read' },
]

/** Of the servers that have sessions, those on one host only: what they ask of Redis is the same on all. */
const isAskedForCost = ({ kind, host }) => kind === 'peer' || (kind === 'sojourn' && host === 'node:http')
export const costVariants = [...redisVariants.filter(isAskedForCost), touchingVariant]
export const latencyVariants = redisVariants.filter(isAskedForCost)

/**
 * @typedef {object} RedisFigures
 * @property {Map<string, Map<string, import('./cost.mjs').Cost>>} costs of a request, by server and by what was asked
 * @property {Map<string, { seconds: number, requests: number, commands: number }>} steady by server
 * @property {Map<string, number[]>} cpu as `requests` has it
 * @property {Map<string, number[]>} cpuOfRedis the same of Redis itself
 * @property {{ medians: Map<string, number[]>, all: Map<string, number[]> }} latency
 * @property {number} roundTrip the median of a round trip by the slow way, without a server, in milliseconds
 */

/**
 * Sessions in Redis: what requests ask of it, what they cost a server, and how long they take where it is far away.
 *
 * @param {{ rounds: number, quick: boolean, progress: (what: string, rounds: number) => (round: number) => void, note: (text: string) => void }} options
 * @returns {Promise<RedisFigures>}
 */
export function redis({ rounds, quick, progress, note }) {
  return inFolder(async (folder) => {
    const server = await startRedis(folder)
    const cpuOfRedis = new Map()
    const cpu = await requests({
      rounds,
      quick,
      onRound: progress('requests', rounds),
      of: redisVariants,
      asked: loads,
      env: { [redisUrl]: server.url },
      effort: { budget: 60_000, most: 1000 },
      besides: {
        microseconds: server.microseconds,
        took: (name, each) => cpuOfRedis.set(name, [...(cpuOfRedis.get(name) ?? []), each].slice(-rounds)),
      },
    })
    await server.stop()
    return { cpu, cpuOfRedis, ...(await byProxies(await startRedis(folder), { rounds, quick, progress, note })) }
  }, stopEngines)
}

/** Each server has a proxy of its own, so that nobody else's commands are counted as its. */
async function byProxies({ port }, { rounds, quick, progress, note }) {
  const started = []
  const costs = new Map()
  const steady = new Map()
  try {
    for (const variant of costVariants) {
      const proxy = await startProxy(port)
      const server = await start(variant, { [redisUrl]: proxy.url })
      started.push({ variant, proxy, server })
      note(`counting what ${server.id} asks`)
      costs.set(server.id, await costsOf(server, proxy, quick ? 40 : 400))
      if (variant.isCached) steady.set(variant.name, await steadyOf(server, proxy, quick ? 1500 : 5000))
    }
    const far = started.filter(({ variant }) => latencyVariants.includes(variant))
    const half = Math.ceil(rounds / 2)
    const options = { rounds: half, count: quick ? 32 : 200, onRound: progress('latency', half) }
    return { costs, steady, roundTrip: await roundTripOf(port), latency: await latencies(far, options) }
  } finally {
    for (const { proxy, server } of started) {
      server.stop()
      proxy.stop()
    }
  }
}

async function roundTripOf(port) {
  const { createClient } = await import('redis')
  const proxy = await startProxy(port)
  const client = await createClient({ url: proxy.url }).connect()
  proxy.slow(delay)
  const taken = []
  for (let count = 0; count < 50; count++) {
    const started = performance.now()
    await client.ping()
    taken.push(performance.now() - started)
  }
  client.destroy()
  proxy.stop()
  return at(taken, 0.5)
}
