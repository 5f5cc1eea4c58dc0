import { loads } from './loads.mjs'

// Two starts of one server differ by up to two microseconds, for as long as they run.
const roundsOfStart = 3
// A server is slow in its first 20,000 requests, in which V8 compiles its code. One with more code takes longer for that.
const warmUps = 24_000
const cpuBudget = 150_000 // microseconds of one measurement
const maxRequests = 3000

/** Measures whole requests. */
export const prepare = ({ variants, quick, start }) => ({
  cases: variants.flatMap((variant) => createCases({ variant, loadNames: Object.keys(loads), quick, start })),
})

/**
 * Returns the cases of a server. Each starts it for the loads of one process, and returns its microseconds of CPU a
 * request, and those of the database if `readDatabaseCpu` is given.
 */
export function createCases({ variant, loadNames, settings, quick, start, readDatabaseCpu }) {
  const { row, plain } = variant
  const processes = new Set(loadNames.map((name) => loads[name].process))
  const groups = [...processes].map((one) => loadNames.filter((name) => loads[name].process === one))

  function createCase(names) {
    let server
    let round = 0
    async function restart() {
      server?.end()
      server = await start(variant, settings)
      for (const name of names) await server.call('prepare', name, quick ? 0 : warmUps / names.length)
    }
    async function measureLoad(name) {
      const first = await server.call('send', name, 200) // warms its caches after its wait
      const count = quick ? 200 : Math.round(Math.min(maxRequests, Math.max(200, cpuBudget / first.cpu)))
      const before = await readDatabaseCpu?.()
      const { cpu } = await server.call('send', name, count)
      if (!readDatabaseCpu) return { [name]: cpu }
      return { [name]: cpu, [`database: ${name}`]: ((await readDatabaseCpu()) - before) / count }
    }
    async function measure() {
      if (round++ % roundsOfStart === 0) await restart()
      const columns = {}
      for (const name of names) Object.assign(columns, await measureLoad(name))
      return plain ? columns : Object.fromEntries(loadNames.map((name) => [name, columns[names[0]]]))
    }
    return { row, plain, measure }
  }
  // A server without sessions handles every load alike, so that one measurement is enough.
  return plain ? groups.map(createCase) : [createCase(loadNames.slice(0, 1))]
}
