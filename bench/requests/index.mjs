import { startSubject } from '../run/subjects.mjs'
import { collectCookies, sendRequests } from './client.mjs'
import { cookieLoads, loads } from './loads.mjs'
import { subjects } from './subjects.mjs'

export { subjects }

const visitors = 200
const warmUpMs = 1500 // of a slow server, which is warm after fewer requests
const cpuBudget = 100_000 // microseconds of one measurement
const maxRequests = 2000

/** Measures whole requests over loopback. */
export const prepare = (options) =>
  prepareServers({ ...options, module: new URL('subjects.mjs', import.meta.url).href, loadNames: cookieLoads })

/**
 * Starts servers, each load's in a process of its own. A case returns the server's microseconds of CPU a request.
 *
 * @param {object} options
 * @param {readonly import('../run/subjects.mjs').Variant[]} options.variants
 * @param {string} options.module that has them
 * @param {object} [options.settings]
 * @param {readonly string[]} options.loadNames
 * @param {boolean} options.quick
 * @param {ReturnType<typeof import('../run/progress.mjs').createProgress>} options.progress
 * @param {() => Promise<number>} [options.readDatabaseCpu] adds a figure `database: …` of each load
 */
export async function prepareServers({ variants, module, settings, loadNames, quick, progress, readDatabaseCpu }) {
  const started = []
  const end = () => started.forEach((server) => server.end())
  try {
    const cases = []
    for (const variant of variants) {
      for (const name of new Set(loadNames.map((load) => loads[load].process))) {
        progress.step(`starting ${variant.row}, ${name}`)
        const own = loadNames.filter((load) => loads[load].process === name)
        const server = await startSubject(module, variant, settings)
        started.push(server)
        const url = `http://127.0.0.1:${await server.readPort()}`
        for (const load of own)
          cases.push(await createCase({ server, url, plain: variant.plain, load, quick, readDatabaseCpu }))
      }
    }
    return { cases, end }
  } catch (error) {
    end()
    throw error
  }
}

async function createCase({ server, url, plain, load, quick, readDatabaseCpu }) {
  const { path, size } = loads[load]
  const cookies = size && plain ? await collectCookies(url, size, visitors) : [undefined]
  if (plain) await checkResponse(url + path, size, cookies[0])
  if (!quick) await warmUp(url + path, cookies, size ? 2000 : 10_000)
  let count = 200
  const readCpu = async () => [await server.readCpu(), await readDatabaseCpu?.()]
  return {
    row: server.row,
    ...(plain && { plain }),
    async measure() {
      await sendRequests(url + path, cookies, Math.ceil(count / 10)) // warms its caches after its wait
      const before = await readCpu()
      await sendRequests(url + path, cookies, count)
      const [own, database] = (await readCpu()).map((cpu, index) => (cpu - before[index]) / count)
      // The first measurement, which does not count, determines the number of requests in the others.
      if (!quick) count = Math.min(maxRequests, Math.max(count, Math.ceil(cpuBudget / own)))
      return { [load]: own, ...(readDatabaseCpu && { [`database: ${load}`]: database }) }
    },
  }
}

/** A server compiles its code in the first thousands of requests. Without a cookie, that would be most of their time. */
async function warmUp(url, cookies, requests) {
  const startedAt = performance.now()
  for (let sent = 0; sent < requests && performance.now() - startedAt < warmUpMs; sent += 1000) {
    await sendRequests(url, cookies, 1000)
  }
}

/** Fails if a server does not do the work, because it would win. */
async function checkResponse(url, size, cookie) {
  const response = await fetch(url, { headers: cookie === undefined ? {} : { cookie } })
  const body = await response.text()
  const expected = { '/plain': 'ok', '/read': size ? '42' : 'guest', '/count': '1' }[new URL(url).pathname] ?? 'ok'
  if (body !== expected) throw new Error(`GET ${url} responded with ${response.status}: ${body}`)
}
