import { startBenchRedis } from '../engines.mjs'
import { measureServers } from '../requests/measure.mjs'
import { changeLoads, readLoads } from '../requests/loads.mjs'
import { renderAdded } from '../requests/index.mjs'
import { idOf } from '../requests/servers/index.mjs'
import { redisServers as servers, redisUrlVariable } from '../requests/servers/redis.mjs'
import { reportProgress, runRounds } from '../rounds.mjs'
import { renderMedians } from '../tables.mjs'
import { countCosts, renderBytes, renderCommands } from './costs.mjs'
import { createLatencyCases, latencyColumns } from './latency.mjs'
import { startObserved } from './observed-server.mjs'

const base = { row: idOf(servers.at(-1)), name: 'express-session' }
const rows = servers.slice(1).map(idOf)

/** Measures requests whose sessions are in Redis. @param {{ rounds: number, quick: boolean }} options */
export async function measureRedis(options) {
  const redis = await startBenchRedis()
  try {
    const tables = [await measureObserved(redis, options), await measureCpu(redis, options)]
    return [`${redis.version}.`, ...tables].join('\n\n')
  } finally {
    await redis.stop()
  }
}

/** Measures what one server sends to Redis, and its latency, through a proxy for each server. */
async function measureObserved(redis, { rounds, quick }) {
  const observed = []
  try {
    const costs = new Map()
    for (const server of servers.slice(1)) {
      reportProgress('redis', `counting the commands of ${idOf(server)}`)
      const one = await startObserved(server, redis.port)
      observed.push(one)
      costs.set(idOf(server), await countCosts(one, quick ? 40 : 400))
    }
    const cases = []
    for (const one of observed) cases.push(...(await createLatencyCases(one, quick ? 40 : 200)))
    const figures = await runRounds('redis, latency', cases, Math.ceil(rounds / 2))
    return [
      renderCommands(costs),
      renderBytes(costs),
      renderMedians(figures, { title: 'Latency with a slow network to Redis', rows, columns: latencyColumns }),
    ].join('\n\n')
  } finally {
    for (const one of observed) await one.stop()
  }
}

/** Measures the CPU of the servers, and of Redis itself. */
async function measureCpu(redis, { rounds, quick }) {
  const inSession = [...readLoads, ...changeLoads, 'sign-in, small']
  const figures = await measureServers({
    label: 'redis, CPU',
    servers,
    loads: [...inSession, 'no cookie, read'],
    rounds,
    quick,
    env: { [redisUrlVariable]: redis.url },
    readRedisCpu: redis.readCpu,
  })
  const columns = Object.fromEntries(inSession.map((load) => [`${load}: µs`, `Redis: ${load}`]))
  return [
    renderAdded(figures, { title: 'CPU of reading a session in Redis', servers, loads: readLoads, base }),
    renderAdded(figures, { title: 'CPU of changing it', servers, loads: changeLoads, base }),
    renderAdded(figures, {
      title: 'CPU without a cookie, and of a sign-in',
      servers,
      loads: ['no cookie, read', 'sign-in, small'],
    }),
    renderMedians(figures, { title: 'CPU of Redis itself', rows, columns }),
  ].join('\n\n')
}
