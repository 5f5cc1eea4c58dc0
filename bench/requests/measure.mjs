import { runRounds } from '../rounds.mjs'
import { collectCookies, sendRequests, startServer } from './client.mjs'
import { loads as allLoads } from './loads.mjs'
import { idOf } from './servers/index.mjs'

const visitors = 200
const cpuBudget = 100_000 // microseconds of one measurement
const maxRequests = 2000
const firstRequests = 200

/**
 * Measures whole requests over loopback, each server in processes of its own. Returns the server's microseconds of CPU a
 * request.
 *
 * @param {object} options
 * @param {string} options.label
 * @param {readonly import('./servers/index.mjs').Server[]} options.servers
 * @param {readonly string[]} options.loads
 * @param {number} options.rounds
 * @param {boolean} options.quick
 * @param {NodeJS.ProcessEnv} [options.env] of the servers
 * @param {() => Promise<number>} [options.readRedisCpu] adds a figure `Redis: …` of each load: Redis' CPU a request
 */
export async function measureServers({ label, servers, loads, rounds, quick, env, readRedisCpu }) {
  const isChange = (load) => allLoads[load].path === '/count'
  const started = []
  try {
    const cases = []
    for (const server of servers) {
      // Changes get a process of their own, so that reads do not pay for their garbage.
      for (const part of [loads.filter((load) => !isChange(load)), loads.filter(isChange)]) {
        const running = await startServer(server, env)
        started.push(running)
        for (const load of part) cases.push(await createCase(running, load, { quick, readRedisCpu }))
      }
    }
    return await runRounds(label, cases, rounds)
  } finally {
    for (const { stop } of started) stop()
  }
}

async function createCase(running, load, { quick, readRedisCpu = () => 0 }) {
  const { path, size } = allLoads[load]
  const cookies = await collectCookies(running, size, visitors)
  await checkResponse(running, path, size, cookies[0])
  let count = firstRequests
  const readCpu = async () => [await running.readCpu(), await readRedisCpu()]
  return {
    row: idOf(running.server),
    async measure() {
      await sendRequests(running, path, cookies, Math.ceil(count / 10)) // warms its caches after its wait
      const before = await readCpu()
      await sendRequests(running, path, cookies, count)
      const [own, redis] = (await readCpu()).map((cpu, index) => (cpu - before[index]) / count)
      // The first measurement, which does not count, determines the number of requests in the others.
      if (!quick) count = Math.min(maxRequests, Math.max(count, Math.ceil(cpuBudget / own)))
      return { [load]: own, [`Redis: ${load}`]: redis }
    },
  }
}

/** Fails if a server does not do the work, because it would win. */
async function checkResponse({ url, server }, path, size, cookie) {
  const response = await fetch(url + path, { headers: cookie === undefined ? {} : { cookie } })
  const body = await response.text()
  const expected = { '/plain': 'ok', '/read': size ? '42' : 'guest', '/count': '1' }[path] ?? 'ok'
  if (server.name !== undefined && body !== expected) {
    throw new Error(`${idOf(server)} responded to GET ${path} with ${response.status}: ${body}`)
  }
}
