import { startSubject } from '../run/subjects.mjs'
import { collectCookies, sendRequests } from './client.mjs'
import { cookieLoads, loads } from './loads.mjs'
import { subjects } from './subjects.mjs'

export { subjects }

const visitors = 200
const warmUpMs = 2000 // of a slow server, which is warm after fewer requests
const cpuBudget = 100_000 // microseconds of one measurement
const maxRequests = 2000

/** Measures whole requests over loopback. */
export const prepare = (options) =>
  prepareServers({ ...options, module: new URL('subjects.mjs', import.meta.url).href, loadNames: cookieLoads })

/**
 * Starts servers, each load's in a process of its own. A case returns the server's microseconds of CPU a request.
 *
 * `readDatabaseCpu` adds a figure `database: …` of each load.
 */
export async function prepareServers({ variants, module, settings, loadNames, quick, progress, readDatabaseCpu }) {
  const started = []
  const end = () => started.forEach((server) => server.end())
  try {
    const cases = []
    for (const variant of variants) {
      progress.step(`starting ${variant.row}`)
      const groups = Object.values(groupLoads(loadNames, variant.plain))
      const servers = await Promise.all(groups.map(() => startSubject(module, variant, settings)))
      started.push(...servers)
      for (const [index, server] of servers.entries()) {
        const url = `http://127.0.0.1:${await server.readPort()}`
        const options = { server, url, plain: variant.plain, quick, readDatabaseCpu }
        // A server without sessions handles every load alike, so that one measurement is enough.
        const lists = variant.plain ? groups[index].map((load) => [load]) : [groups[index]]
        for (const loadsOfCase of lists) cases.push(await createCase(loadsOfCase, options))
      }
    }
    return { cases, end }
  } catch (error) {
    end()
    throw error
  }
}

/** Groups loads by the process that they need. */
function groupLoads(names, plain) {
  const groups = {}
  for (const name of names) (groups[plain ? loads[name].process : 'all'] ??= []).push(name)
  return groups
}

async function createCase(names, { server, url, plain, quick, readDatabaseCpu }) {
  const { path, size } = loads[names[0]]
  const cookies = size && plain ? await collectCookies(url, size, visitors) : [undefined]
  if (plain) await checkResponse(url + path, size, cookies[0])
  if (!(quick || (size && plain))) await warmUp(url + path)
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
      return Object.assign(
        {},
        ...names.map((name) => ({ [name]: own, ...(readDatabaseCpu && { [`database: ${name}`]: database }) })),
      )
    },
  }
}

/** A server compiles its code in the first ten thousand requests. That would be most of the time without a cookie. */
async function warmUp(url) {
  const startedAt = performance.now()
  for (let sent = 0; sent < 10_000 && performance.now() - startedAt < warmUpMs; sent += 1000) {
    await sendRequests(url, [undefined], 1000)
  }
}

/** Fails if a server does not do the work, because it would win. */
async function checkResponse(url, size, cookie) {
  const response = await fetch(url, { headers: cookie === undefined ? {} : { cookie } })
  const body = await response.text()
  const expected = { '/plain': 'ok', '/read': size ? '42' : 'guest', '/count': '1' }[new URL(url).pathname] ?? 'ok'
  if (body !== expected) throw new Error(`GET ${url} responded with ${response.status}: ${body}`)
}
