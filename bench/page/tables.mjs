import { subjects as cookieSubjects } from '../cookie/subjects.mjs'
import { subjects as redisSubjects } from '../redis/subjects.mjs'
import { loads, storeLoads } from '../requests/loads.mjs'
import { subjects as requestSubjects } from '../requests/subjects.mjs'
import { median } from '../run/figures.mjs'
import { selectVariants } from '../run/subjects.mjs'
import { subjects as storeSubjects } from '../stores/subjects.mjs'
import { renderFigures } from './markdown.mjs'
import { questionsOf, renderSummary } from './summary.mjs'

const smallLoads = storeLoads.filter((load) => loads[load].size !== 'large')
const operations = ['read', 'change', 'touch', 'sign-in', 'sign-out', 'list']
// A read sends little, and a sign-in receives little.
const bytes = storeLoads.flatMap((load) => [
  ...(load.startsWith('read') ? [] : [`${load}: sent`]),
  ...(load.startsWith('sign-in') ? [] : [`${load}: received`]),
])
const commands = smallLoads.flatMap((load) => [`${load}: commands`, `${load}: round trips`])

/** Returns all tables of docs/performance.md by their names. A table without figures is empty. */
export function renderTables(run) {
  const { figures, sizes } = run
  const [cookie, requests, redis, allStores] = Object.entries({
    cookie: cookieSubjects,
    requests: requestSubjects,
    redis: redisSubjects,
    stores: storeSubjects,
  }).map(([section, subjects]) => selectVariants(section, subjects, run))
  // A drop-in is compared in its own table, with the library that it replaces.
  const isLibrary = ({ row, plain }) => plain && !row.includes('drop-in')
  const servers = requests.filter(isLibrary)
  const plainServers = requests.filter(({ plain }) => !plain)
  const libraries = redis.filter(isLibrary)
  const databases = allStores.map(({ database }) => database)
  const stores = allStores.toSorted((one, other) => databases.indexOf(one.database) - databases.indexOf(other.database))
  const replaced = [...requests, ...redis].filter(({ dropIn }) => dropIn)
  const ratios = new Map(replaced.map((one) => [one.row, (column) => compareWhole(figures, one, column)]))
  const growth = ['read', 'change', 'sign-in'].flatMap((name) => sizes.map((size) => `${name}, ${size}`))

  const table = (rows, corner, columns) =>
    renderFigures({ get: (row, column) => figures.get(rows[0].section, row, column), rows, columns, corner })
  return {
    summary: renderSummary(questionsOf(run)),
    cookie: table(cookie, 'µs', columnsOf(['read, small', 'read, large', 'change, small', 'change, large'])),
    requests: table(servers, 'µs', columnsOf(Object.keys(loads))),
    'requests without sessions': table(plainServers, 'server', { µs: 'read, small' }),
    'drop-ins': renderFigures({
      get: (row, column) => ratios.get(row)(column),
      rows: replaced.map(({ row }) => ({ row })),
      columns: columnsOf(Object.keys(loads)),
      corner: 'CPU, × that of',
      format: (ratio) => ratio.toFixed(2),
    }),
    commands: table(libraries, 'library', columnsOf(commands)),
    bytes: table(libraries, 'bytes', columnsOf(bytes)),
    latency: table(libraries, 'ms', columnsOf(smallLoads, '*: latency')),
    'CPU of the server': table(libraries, 'µs', columnsOf(storeLoads)),
    'CPU of Redis': table(libraries, 'µs', columnsOf(storeLoads, 'database: *')),
    operations: table(stores, 'µs', columnsOf(operations, `*, ${sizes[1]}`)),
    growth: table(stores, 'µs', columnsOf(growth)),
    room: table(stores, 'bytes', { small: `bytes, ${sizes[1]}`, '1 KB': 'bytes, 1 KB' }),
    sweep: table(stores, 'store', { 'in all: seconds': 'seconds', 'longest pause: ms': 'longest pause' }),
  }
}

/**
 * Returns the CPU of a whole request with the drop-in of a library, as a ratio to that with the library within each round; `undefined` if
 * one was not measured.
 */
function compareWhole(figures, { section, row, dropIn, plain }, column) {
  const [own, theirs, withoutSessions] = [dropIn, row, plain].map((each) => figures.all(section, each, column))
  if (own === undefined || theirs === undefined) return undefined
  return median(own.map((value, round) => (value + withoutSessions[round]) / (theirs[round] + withoutSessions[round])))
}

/** Headings, and the columns of their figures. Most loads are small, so `small` needs no name. */
const columnsOf = (names, pattern = '*') =>
  Object.fromEntries(
    names.map((name) => [name.replace(', small', '').replace(', large', ', 1 KB'), pattern.replace('*', name)]),
  )
