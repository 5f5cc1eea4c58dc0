// `npm run simulate`: runs random schedules against the library, and stops at the first that breaks a promise.
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { findNode } from '../../bench/run/revisions.mjs'
import { node24 } from './node24.mjs'

const help = `npm run simulate -- [--minutes N] [--seed N] [--workers N] [--focus NAME] [--node NODE]

Runs servers, browsers, a thief and a store in a simulation: everything that can happen is drawn from a seed, and every answer is
compared with what people were promised. It stops at the first answer that is wrong, makes its schedule as small as it can be,
and tells it as a story.

  --minutes N    how long it runs (default 1)
  --seed N       the first schedule; the others follow. A failure prints the seed that repeats it. (default: a new one)
  --workers N    how many processes (default: one for each core)
  --focus NAME   what is more frequent: outage, sides, clocks, moving, tabs, ends, devices, leaving, limits, watching
  --node NODE    a version of Node, which npm gets, or a path (default: ${node24}, faster than Node 20; without a network, this Node)
  --help         prints this`

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    workers: { type: 'string', default: String(availableParallelism()) },
    focus: { type: 'string' },
    node: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(help)
  process.exit(0)
}
const [minutes, seed, workers] = [Number(values.minutes), Number(values.seed), Number(values.workers)]
if (!(minutes > 0) || !Number.isInteger(seed) || !(Number.isInteger(workers) && workers > 0)) {
  console.error('--minutes, --seed and --workers need a number. See npm run simulate -- --help')
  process.exit(2)
}

// Loaded after the help, which a clone without packages must print: it has no bundler.
const { buildSimulator } = await import('./build.mjs')
const { search, tellFailure } = await import('./workers.mjs')
const bundle = fileURLToPath(new URL('../../.cache/simulation/simulator.mjs', import.meta.url))
await buildSimulator(bundle)
const node = chooseNode(values.node)
console.log(`Seed ${seed}, ${workers} workers, ${minutes} min, ${node.name} …`)
const job = { seed, seconds: minutes * 60, shrinks: true, ...(values.focus && { focus: values.focus }) }
const results = await search(bundle, job, workers, node.path)
printCoverage(merge('coverage'))
printSums(results)
const failure = tellFailure(results, values.focus)
if (failure !== '') {
  console.log(`\n${failure}`)
  process.exitCode = 1
}

/** Returns the Node of the option, else Node 24, else the one that runs this. */
function chooseNode(wanted) {
  const own = { path: process.execPath, name: `Node ${process.versions.node}` }
  if (wanted === undefined && Number.parseInt(process.versions.node, 10) >= 24) return own
  try {
    const { path, version } = findNode(wanted ?? node24)
    return { path, name: `Node ${version}` }
  } catch (error) {
    if (wanted !== undefined) {
      console.error(error.message)
      process.exit(2)
    }
    console.log(`npm cannot get Node ${node24}, so it runs on ${own.name}, which is slower.`)
    return own
  }
}

function merge(name) {
  const sums = new Map()
  for (const result of results) for (const [key, count] of result[name]) sums.set(key, (sums.get(key) ?? 0) + count)
  return sums
}

/** Prints how often visitors came in each state, in a row, while each fault lasted, in a column. */
function printCoverage(counts) {
  const columns = [...new Set([...counts.keys()].map((key) => key.split('|')[1]))].toSorted()
  const rows = [...new Set([...counts.keys()].map((key) => key.split('|')[0]))].toSorted()
  console.log(`\n${''.padEnd(16)}${columns.map((column) => column.padStart(14)).join('')}`)
  for (const row of rows) {
    const cells = columns.map((column) => String(counts.get(`${row}|${column}`) ?? 0).padStart(14))
    console.log(`${row.padEnd(16)}${cells.join('')}`)
  }
}

function printSums(all) {
  const [schedules, operations] = ['schedules', 'operations'].map((name) =>
    all.reduce((sum, each) => sum + each[name], 0),
  )
  const took = Math.max(...all.map((each) => each.took))
  console.log(
    `\n${schedules} schedules, ${Math.round(schedules / took)} a second; ${Math.round(operations / took)} operations a second.`,
  )
  console.log(`Seed ${seed}. Nothing else is checked of:`)
  for (const [what, count] of merge('unchecked')) console.log(`  ${count} ${what}`)
}
