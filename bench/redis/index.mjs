import { redisEngines, startBenchRedis } from '../databases.mjs'
import { collectCookies, sendRequests } from '../requests/client.mjs'
import { prepareServers } from '../requests/index.mjs'
import { loads, storeLoads } from '../requests/loads.mjs'
import { median } from '../run/figures.mjs'
import { rowWith, subjects } from './subjects.mjs'
import { startObserved } from './traffic.mjs'

export { subjects }

const module = new URL('subjects.mjs', import.meta.url).href
const delayMs = 2.5 // of the network in each direction
const visitors = 64
const measuredOnValkey = ['Express 5', 'Sojourn, node-redis', 'express-session + connect-redis'] // the others cost it the same

/** Measures requests whose sessions are in Redis or Valkey. */
export async function prepare(options) {
  const ends = []
  const end = async () => {
    for (const each of ends.toReversed()) await each()
  }
  try {
    const cases = []
    const versions = []
    for (const engine of Object.keys(redisEngines)) {
      const redis = await startBenchRedis(engine)
      ends.push(redis.stop)
      versions.push(redis.version)
      const one = { ...options, redis, engine, ends }
      cases.push(...(await prepareObserved(one)), ...(await prepareCpu(one)))
    }
    return { cases, versions, end }
  } catch (error) {
    await end()
    throw error
  }
}

/** Counts what each server sends to Redis, once. Returns the cases that measure the latency with a slow network. */
async function prepareObserved({ variants, redis, engine, ends, quick, figures, progress, section }) {
  const cases = []
  for (const variant of variants.filter(({ plain }) => plain)) {
    const row = rowWith(engine, variant.row)
    progress.step(`counting the commands of ${row}`)
    const observed = await startObserved(module, variant, redis.port)
    ends.push(observed.end)
    const cookies = {}
    for (const load of storeLoads) {
      const { path, size } = loads[load]
      cookies[load] = size ? await collectCookies(observed.url, size, visitors) : [undefined]
      figures.add(section, row, await countTraffic(observed, load, path, cookies[load], quick ? 32 : 320))
    }
    if (engine !== 'Redis') continue // the network is the same
    observed.setDelay(delayMs)
    cases.push(...storeLoads.filter(isSmall).map((load) => createLatencyCase(observed, load, cookies[load], quick)))
  }
  return cases
}

const isSmall = (load) => load.endsWith('small')

async function countTraffic(observed, load, path, cookies, count) {
  await sendRequests(observed.url + path, cookies, visitors, 1) // the first request of a visitor differs from the others
  const traffic = observed.resetTraffic()
  await sendRequests(observed.url + path, cookies, count, 1)
  const { commands, roundTrips, sent, received } = traffic
  const counted = { 'round trips': roundTrips, sent, received }
  for (const [name, calls] of commands) counted[`calls of ${name}`] = calls
  return Object.fromEntries(Object.entries(counted).map(([name, value]) => [`${load}: ${name}`, value / count]))
}

function createLatencyCase({ row, url }, load, cookies, quick) {
  return {
    row,
    async measure() {
      const latencies = await sendRequests(url + loads[load].path, cookies, quick ? 40 : 200, 8)
      return { [`${load}: latency`]: median(latencies) }
    },
  }
}

/** Returns the cases that measure the CPU of the servers, and of Redis itself, without a proxy. */
async function prepareCpu({ redis, engine, ends, variants, ...options }) {
  const { cases, end } = await prepareServers({
    ...options,
    variants: variants.filter(({ base }) => engine === 'Redis' || measuredOnValkey.includes(base)),
    module,
    settings: { url: redis.url },
    loadNames: storeLoads,
    readDatabaseCpu: redis.readCpu,
  })
  ends.push(end)
  return cases.map(({ row, plain, ...one }) => ({
    row: rowWith(engine, row),
    ...(plain && { plain: rowWith(engine, plain) }),
    ...one,
  }))
}
