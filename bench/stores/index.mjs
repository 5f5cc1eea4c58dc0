import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createFolder, removeFolder } from '../../scripts/servers/child-process.mjs'
import { startBenchPostgres, startBenchRedis } from '../engines.mjs'
import { reportProgress, runRounds } from '../rounds.mjs'
import { formatNumber, renderMedians, renderTable } from '../tables.mjs'
import { contenders } from './contenders.mjs'
import { checkStore, fillStore, operations, timeOperation } from './operations.mjs'
import { sessionsBetween, startedAt } from './sample-sessions.mjs'

const smallSize = 1000
const maxCalls = 5000
const timeBudget = 50_000 // microseconds of one measurement

/** Measures stores by themselves. @param {{ rounds: number, quick: boolean, sessions: number }} options */
export async function measureStores({ rounds, quick, sessions: largeSize }) {
  setFlagsFromString('--expose-gc')
  globalThis.gc = runInNewContext('gc') // Sessions in memory are measured after a collection.
  const folder = createFolder('bench')
  const [redis, postgres] = [await startBenchRedis(), await startBenchPostgres()]
  const opened = []
  try {
    await postgres.setWaitsForDisk(false) // 100,000 sessions would take minutes
    const createPlaces = createPlacesIn({ folder, redis, postgres })
    for (const { name, open } of contenders) {
      for (const size of [smallSize, largeSize]) {
        reportProgress('stores', `${name}: adding ${size} sessions`)
        const store = await open(await createPlaces())
        const before = await store.readBytes()
        await fillStore(store, sessionsBetween(0, size))
        const bytes = ((await store.readBytes()) - before) / size
        await checkStore(store, size)
        opened.push({ name, size, row: rowOf(name, size), store, bytes })
      }
    }
    await postgres.setWaitsForDisk(true)
    const figures = await runRounds(
      'stores',
      opened.flatMap((one) => createCases(one, quick)),
      rounds,
    )
    const rows = opened.map(({ row }) => row)
    const columns = Object.fromEntries(Object.entries(operations).map(([operation, heading]) => [heading, operation]))
    const large = opened.filter(({ size }) => size === largeSize)
    return [
      `${redis.version}, ${postgres.version}.`,
      renderMedians(figures, { title: 'Microseconds of one operation', rows, columns }),
      renderTable(`Bytes a session, with ${formatNumber(largeSize)} sessions`, [
        ['', 'bytes'],
        ...large.map(({ name, bytes }) => [name, formatNumber(bytes)]),
      ]),
      await measureSweeps(large, quick ? 1000 : 100_000),
    ].join('\n\n')
  } finally {
    for (const { store } of opened) await store.close?.()
    await Promise.all([redis.stop(), postgres.stop()])
    removeFolder(folder)
  }
}

const rowOf = (name, size) => `${name}, ${formatNumber(size)} sessions`

/** Gives each store a folder, a Redis database and a Postgres database of its own. */
function createPlacesIn({ folder, redis, postgres }) {
  let count = 0
  return async function createPlaces() {
    const name = `store_${++count}`
    mkdirSync(join(folder, name))
    return {
      folder: join(folder, name),
      redisUrl: `${redis.url}/${count}`,
      readRedisMemory: redis.readMemory,
      postgresUrl: await postgres.createDatabase(name),
    }
  }
}

function createCases({ row, size, store }, quick) {
  return Object.keys(operations)
    .filter((operation) => store[operation] !== undefined)
    .map((operation) => {
      let count = 20
      return {
        row,
        async measure() {
          await timeOperation(store, operation, size, Math.ceil(count / 10)) // warms its caches after its wait
          const microseconds = await timeOperation(store, operation, size, count)
          // The first measurement, which does not count, determines the number of calls in the others.
          if (!quick) count = Math.min(maxCalls, Math.max(count, Math.ceil(timeBudget / microseconds)))
          return { [operation]: microseconds }
        },
      }
    })
}

/** Measures how long a sweep takes, and for how long it blocks the process at most. */
async function measureSweeps(opened, expired) {
  const rows = []
  for (const { name, store } of opened.filter((one) => one.store.sweep)) {
    reportProgress('stores', `${name}: sweeping`)
    await fillStore(store, sessionsBetween(2e9, 2e9 + expired, startedAt - 1000))
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    await sleep(10) // the monitor compares each tick with the one before
    const sweepStartedAt = performance.now()
    await store.sweep()
    const seconds = (performance.now() - sweepStartedAt) / 1000
    await sleep(10) // the monitor notes a delay only after it
    delay.disable()
    rows.push([name, seconds.toFixed(1), formatNumber(delay.max / 1e6)])
  }
  const head = ['', 'seconds', 'longest pause: ms']
  return renderTable(`A sweep of ${formatNumber(expired)} expired sessions`, [head, ...rows])
}
