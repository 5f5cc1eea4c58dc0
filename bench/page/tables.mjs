import { subjects as cookieSubjects } from '../cookie/subjects.mjs'
import { rowWith, subjects as redisSubjects } from '../redis/subjects.mjs'
import { cookieLoads, storeLoads } from '../requests/loads.mjs'
import { subjects as requestSubjects } from '../requests/subjects.mjs'
import { subjects as storeSubjects } from '../stores/subjects.mjs'
import { emphasize, renderFigures, renderTable } from './markdown.mjs'
import { renderSummary } from './summary.mjs'

const smallLoads = storeLoads.filter((load) => load.endsWith('small'))

/** Headings of loads, and the columns of the figures. Most loads are small, so `small` needs no name. */
const columnsOf = (loads, column = (load) => load) =>
  Object.fromEntries(loads.map((load) => [load.replace(', small', '').replace(', large', ', 1 KB'), column(load)]))

/** Returns all tables of docs/performance.md by their names. A table without figures is empty. */
export function renderTables(run) {
  const { figures, node, otherNode, sizes } = run
  const table = (section, rows, corner, columns, round = (value) => value) => {
    const get = (row, column) => round(figures.get(section, row, column))
    return renderFigures({ get, rows, columns, corner })
  }
  const toInteger = (value) => value && Math.round(value)
  const stores = storeRows(otherNode)
  const growth = ['read', 'change', 'sign-in'].flatMap((name) => sizes.map((size) => `${name}, ${size}`))
  // A read sends little, and a sign-in receives little.
  const bytes = storeLoads.flatMap((load) => [
    ...(load.startsWith('read') ? [] : [`${load}: sent`]),
    ...(load.startsWith('sign-in') ? [] : [`${load}: received`]),
  ])
  return {
    summary: renderSummary(run),
    cookie: table(
      'cookie',
      cookieRows,
      'µs',
      columnsOf(['read, small', 'read, large', 'change, small', 'change, large']),
    ),
    requests: table('requests', requestRows(), `µs, ${node.name}`, columnsOf(cookieLoads)),
    'requests by the other Node': otherNode
      ? table('requests', requestRows(otherNode.name), `µs, ${otherNode.name}`, columnsOf(cookieLoads))
      : '',
    'requests without sessions': table('requests', plainRows(otherNode), 'server', { µs: 'read, small' }),
    commands: renderCommands(figures),
    bytes: table('redis', redisRows, 'bytes', columnsOf(bytes), toInteger),
    latency: table(
      'redis',
      redisRows,
      'ms',
      columnsOf(smallLoads, (load) => `${load}: latency`),
    ),
    'CPU of the server': table('redis', redisRows, 'µs', columnsOf(storeLoads)),
    'CPU of Redis': table(
      'redis',
      redisRows,
      'µs',
      columnsOf(storeLoads, (load) => `database: ${load}`),
    ),
    operations: table(
      'stores',
      stores,
      'µs',
      columnsOf(['read', 'change', 'touch', 'sign-in', 'sign-out', 'list'], (name) => `${name}, ${sizes[1]}`),
    ),
    growth: table('stores', stores, 'µs', columnsOf(growth)),
    room: table('stores', stores, 'bytes', { small: `bytes, ${sizes[1]}`, '1 KB': 'bytes, 1 KB' }, toInteger),
    sweep: table('stores', stores, 'store', { 'in all: seconds': 'seconds', 'longest pause: ms': 'longest pause' }),
  }
}

const cookieRows = cookieSubjects.map(({ row, isOurs }) => ({
  row,
  than: isOurs ? undefined : `Sojourn, cookie ${row.includes('seen before') ? '' : 'not '}seen before`,
}))

function requestRows(node) {
  const named = (row) => (node === undefined ? row : `${row}, ${node}`)
  const ours = new Set(requestSubjects.filter(({ isOurs }) => isOurs).map(({ plain }) => plain))
  return requestSubjects
    .filter(({ plain }) => plain)
    .map(({ row, plain, isOurs }) => ({
      row: named(row),
      label: row,
      than: isOurs ? undefined : named(`${ours.has(plain) ? plain : 'node:http'} + Sojourn`),
    }))
}

const plainRows = (otherNode) =>
  [undefined, ...(otherNode ? [otherNode.name] : [])].flatMap((node) =>
    requestSubjects.filter(({ plain }) => !plain).map(({ row }) => ({ row: node ? `${row}, ${node}` : row })),
  )

const redisRows = ['Redis', 'Valkey'].flatMap((engine) =>
  redisSubjects
    .filter(({ plain }) => plain)
    .map(({ row, isOurs }) => ({
      row: rowWith(engine, row),
      than: isOurs ? undefined : rowWith(engine, 'Sojourn, node-redis'),
    })),
)

const storeRows = (otherNode) =>
  storeSubjects.flatMap(({ row, isOurs, database }) => {
    const one = { row, than: isOurs ? undefined : `Sojourn, ${database}` }
    return otherNode ? [one, { ...one, row: `${row}, ${otherNode.name}` }] : [one]
  })

/** Returns a table of texts such as `1 GET + 1 SET (2)`. */
function renderCommands(figures) {
  const textOf = (row, load) => {
    const [start, columns] = [`${load}: calls of `, figures.columns('redis', row)]
    const commands = columns
      .filter((column) => column.startsWith(start))
      .map((column) => `${formatCount(figures.get('redis', row, column))} ${column.slice(start.length)}`)
    const roundTrips = figures.get('redis', row, `${load}: round trips`)
    return commands.length === 0 ? 'no command' : `${commands.join(' + ')} (${formatCount(roundTrips)})`
  }
  const rows = redisRows.filter(({ row }) => figures.columns('redis', row).length > 0)
  if (rows.length === 0) return ''
  return renderTable(
    ['library', ...smallLoads.map((load) => load.replace(', small', ''))],
    rows.map(({ row }) => [emphasize(row), ...smallLoads.map((load) => textOf(row, load))]),
  )
}

const formatCount = (number) => (Math.abs(number - Math.round(number)) < 0.02 ? number.toFixed(0) : number.toFixed(2))
