import { loads } from './loads.mjs'

// Two starts of one server differ by up to two microseconds, for as long as they run.
const roundsOfStart = 4
// A server is slow in its first 20,000 requests, in which V8 compiles its code. One with more code takes longer for that.
const warmUps = 24_000
const warmUpsAfterWait = 1000 // while the others had their turn
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

  function createCase(group) {
    const names = loadNames.filter((name) => loads[name].process === group)
    // A server without sessions handles every load alike, so that one measurement is enough.
    const measured = plain ? names : names.slice(0, 1)
    let server
    const end = () => server?.end()
    async function prepare(round) {
      if ((round - 1) % roundsOfStart !== 0) return
      end()
      server = await start(variant, settings)
      for (const name of measured) await server.call('prepare', name, quick ? 0 : warmUps / measured.length)
    }
    async function measureLoad(name) {
      const first = await server.call('send', name, quick ? 200 : warmUpsAfterWait)
      const count = quick ? 200 : Math.round(Math.min(maxRequests, Math.max(200, cpuBudget / first.cpu)))
      const before = await readDatabaseCpu?.()
      const { cpu } = await server.call('send', name, count)
      if (!readDatabaseCpu) return { [name]: cpu }
      return { [name]: cpu, [`database: ${name}`]: ((await readDatabaseCpu()) - before) / count }
    }
    async function measure() {
      const columns = {}
      for (const name of measured) Object.assign(columns, await measureLoad(name))
      return plain ? columns : Object.fromEntries(names.map((name) => [name, columns[measured[0]]]))
    }
    return { row, plain, group, prepare, measure, end }
  }
  return [...new Set(loadNames.map((name) => loads[name].process))].map(createCase)
}
