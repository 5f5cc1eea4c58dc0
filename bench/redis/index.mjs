import { startDatabases } from '../databases.mjs'
import { createCases } from '../requests/index.mjs'
import { loads, storeLoads } from '../requests/loads.mjs'
import { startProxy } from './proxy.mjs'

const delayMs = 2.5 // of the network in each direction
const visitors = 200
const latencyInFlight = 8

/** Measures requests whose sessions are in Redis or Valkey. */
export async function prepare({ variants, quick, figures, report, start, atEnd }) {
  const { databases, versions } = await startDatabases(variants, atEnd)
  const cases = []

  /** Counts the commands and bytes of each load, once. Then the proxy delays, for the cases that measure latency. */
  async function observe(variant) {
    const proxy = await startProxy(databases[variant.database].url)
    atEnd(proxy.stop)
    const { row, call } = await start(variant, { url: proxy.url })
    report(`counting the commands of ${row}`)
    for (const load of storeLoads) {
      await call('prepare', load, 0)
      await call('send', load, visitors, 1) // the first request of a visitor differs from the others
      proxy.resetTraffic()
      const count = quick ? 32 : 320
      await call('send', load, count, 1)
      for (const [name, total] of proxy.readTraffic())
        figures.add('redis', row, { [`${load}: ${name}`]: total / count })
    }
    if (variant.database !== 'Redis') return // the network is the same
    proxy.setDelay(delayMs)
    for (const load of storeLoads.filter((name) => loads[name].size !== 'large')) {
      const measure = async () => {
        const { latency } = await call('send', load, quick ? 40 : 200, latencyInFlight)
        return { [`${load}: latency`]: latency }
      }
      cases.push({ row, group: 'latency', measure })
    }
  }

  for (const variant of variants) {
    const { url, readCpu } = databases[variant.database] ?? {}
    const settings = { url }
    cases.push(...createCases({ variant, loadNames: storeLoads, settings, quick, start, readDatabaseCpu: readCpu }))
    if (variant.database) await observe(variant)
  }
  return { cases, versions }
}
