import { startSubject } from '../run/subjects.mjs'
import { cookieLoads, loads } from './loads.mjs'
import { subjects } from './subjects.mjs'

export { subjects }

// Two starts of one server differ by up to two microseconds, for as long as they run.
const roundsOfStart = 3
const warmUps = 10_000 // requests in which a server compiles its code
const cpuBudget = 150_000 // microseconds of one measurement
const maxRequests = 3000

/** Measures whole requests. */
export const prepare = (options) =>
  prepareServers({ ...options, module: new URL('subjects.mjs', import.meta.url).href, loadNames: cookieLoads })

/**
 * Returns cases that start servers, each load's in a process of its own, and return the server's microseconds of CPU a request.
 *
 * `readDatabaseCpu` adds a figure `database: …` of each load.
 */
export function prepareServers({ variants, loadNames, ...options }) {
  const cases = variants.flatMap((variant) =>
    Object.values(groupLoads(loadNames, variant.plain)).map((names) => createCase(variant, names, options)),
  )
  return { cases, warmUps: 0, end: () => cases.forEach((one) => one.end()) }
}

/** Groups loads by the process that they need. */
function groupLoads(names, plain) {
  const groups = {}
  for (const name of names) (groups[plain ? loads[name].process : 'all'] ??= []).push(name)
  return groups
}

function createCase(variant, names, { module, settings, quick, readDatabaseCpu }) {
  const { row, plain } = variant
  // A server without sessions handles every load alike, so that one measurement is enough.
  const measured = plain ? names : names.slice(0, 1)
  let server
  let round = 0

  async function restart() {
    server?.end()
    server = await startSubject(module, variant, settings)
    for (const name of measured) await server.prepare(name, quick ? 0 : warmUps / measured.length)
  }

  async function measureLoad(name) {
    const own = await server.send(name, 200) // warms its caches after its wait
    const count = quick ? 200 : Math.round(Math.min(maxRequests, Math.max(200, cpuBudget / own)))
    const before = await readDatabaseCpu?.()
    const cpu = await server.send(name, count)
    if (!readDatabaseCpu) return { [name]: cpu }
    return { [name]: cpu, [`database: ${name}`]: ((await readDatabaseCpu()) - before) / count }
  }

  return {
    row,
    ...(plain && { plain }),
    async measure() {
      if (round++ % roundsOfStart === 0) await restart()
      const columns = {}
      for (const name of measured) Object.assign(columns, await measureLoad(name))
      if (plain) return columns
      const [own, database] = Object.values(columns)
      return Object.assign(
        {},
        ...names.map((name) => ({ [name]: own, ...(readDatabaseCpu && { [`database: ${name}`]: database }) })),
      )
    },
    end: () => server?.end(),
  }
}
