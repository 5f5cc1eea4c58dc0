import { betterMark, formatNumber, renderTable } from './markdown.mjs'

// Prefer the driver of the current Node.
const sqliteRows = (run) => {
  const rows = ['Sojourn, SQLite, node:sqlite', 'Sojourn, SQLite, libsql']
  return run.otherNode ? [rows[0], `${rows[0]}, ${run.otherNode.name}`, rows[1]] : rows
}

/** The row of SQLite that stands for it in the summary. */
export const sqliteRow = (run) =>
  sqliteRows(run).find((row) => run.figures.get('stores', row, `read, ${run.sizes[1]}`) !== undefined)

/** The ten lines: a figure of Sojourn, and one to compare it with. */
function linesOf(run) {
  const [small, large] = run.sizes
  const sqlite = sqliteRow(run)
  const onNode = { section: 'requests', own: 'node:http + Sojourn', unit: 'µs' }
  const signed = { ...onNode, other: 'node:http + signed by hand', name: 'signed by hand, not encrypted' }
  const sealed = { ...onNode, other: 'node:http + sealed by hand', name: 'sealed by hand' }
  const onExpress = {
    ...onNode,
    own: 'Express 5 + Sojourn',
    other: 'Express 5 + cookie-session',
    name: 'cookie-session',
  }
  const latency = { section: 'redis', own: 'Sojourn, node-redis', other: connectRedis, name: connectRedis, unit: 'ms' }
  const cpu = { ...latency, unit: 'µs' }
  const inRedis = { section: 'stores', own: 'Sojourn, Redis', other: 'connect-redis, Redis', name: 'connect-redis' }
  const inPostgres = {
    ...inRedis,
    own: 'Sojourn, Postgres',
    other: 'connect-pg-simple, Postgres',
    name: 'connect-pg-simple',
  }
  const inSqlite = { section: 'stores', own: sqlite, other: sqlite, name: `the same with ${small} sessions` }
  return [
    { text: 'Read a session in a cookie: CPU', ...signed, column: 'read, small' },
    { text: 'Change it: CPU', ...sealed, column: 'change, small' },
    { text: 'Read it on Express: CPU', ...onExpress, column: 'read, small' },
    { text: 'Read a session in Redis: CPU of the server', ...cpu, column: 'read, small' },
    { text: 'Sign in with Redis: CPU of the server', ...cpu, column: 'sign-in, small' },
    { text: 'Read, Redis 5 ms away: latency', ...latency, column: 'read, small: latency' },
    { text: 'Sign in, Redis 5 ms away: latency', ...latency, column: 'sign-in, small: latency' },
    { text: 'A session in Redis: memory', ...inRedis, unit: 'bytes', column: `bytes, ${large}` },
    { text: `Read one of ${large} from Postgres: time`, ...inPostgres, unit: 'µs', column: `read, ${large}` },
    {
      text: `Read one of ${large} from SQLite: time`,
      ...inSqlite,
      unit: 'µs',
      column: `read, ${large}`,
      otherColumn: `read, ${small}`,
    },
  ]
}

const connectRedis = 'express-session + connect-redis'

/** Returns the ten lines as a table. A line whose figures were not measured is left out. */
export function renderSummary(run) {
  const rows = []
  for (const { text, section, own, other, name, unit, column, otherColumn = column } of linesOf(run)) {
    const [value, otherValue] = [run.figures.get(section, own, column), run.figures.get(section, other, otherColumn)]
    if (value === undefined || otherValue === undefined) continue
    const isBetter = other !== own && otherValue < value
    const compared = `${isBetter ? `${betterMark} ` : ''}${formatNumber(otherValue)} ${unit}`
    rows.push([text, `**${formatNumber(value)} ${unit}**`, `${compared}, ${name}`])
  }
  return rows.length === 0 ? '' : renderTable(['', 'Sojourn', 'beside it'], rows)
}

/** Returns the panels of the chart. What was not measured is left out. */
export function panelsOf(run) {
  const bar = (section, row, column, text, isOurs) => {
    const value = run.figures.get(section, row, column)
    return value === undefined ? [] : [{ text, value, isOurs }]
  }
  const groupOf = (label, bars) => (bars.length === 0 ? [] : [{ label, bars }])
  const request = (row, label) =>
    groupOf(
      label,
      ['read', 'change'].flatMap((load) => bar('requests', row, `${load}, small`, load, row.includes('Sojourn'))),
    )
  const latency = (load) =>
    groupOf(load, [
      ...bar('redis', 'Sojourn, node-redis', `${load}, small: latency`, 'Sojourn', true),
      ...bar('redis', connectRedis, `${load}, small: latency`, 'connect-redis', false),
    ])
  const sqlite = sqliteRow(run)
  const growth = (size) =>
    groupOf(
      `${size} sessions`,
      ['read', 'change'].flatMap((load) => bar('stores', sqlite, `${load}, ${size}`, load, true)),
    )
  return [
    {
      title: 'What does a session cost?',
      note: 'CPU added to one request, µs; sessions in cookies',
      groups: [
        ...request('node:http + Sojourn', 'node:http + Sojourn'),
        ...request('node:http + sealed by hand', 'node:http + a cookie sealed by hand'),
        ...request('Fastify 5 + @fastify/secure-session', 'Fastify + @fastify/secure-session'),
        ...request('Express 5 + Sojourn', 'Express + Sojourn'),
        ...request('Express 5 + cookie-session', 'Express + cookie-session'),
      ],
    },
    {
      title: 'With Redis?',
      note: 'Latency of a request, ms; Redis is 5 ms away',
      groups: ['read', 'change', 'sign-in'].flatMap(latency),
    },
    {
      title: 'How does it grow?',
      note: 'Time of one operation in SQLite, µs',
      groups: run.sizes.flatMap(growth),
    },
  ].filter(({ groups }) => groups.length > 0)
}
