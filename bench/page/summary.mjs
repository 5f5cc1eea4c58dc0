import { betterMark, formatNumber } from './markdown.mjs'

// Prefer the driver of the current Node.
const sqliteRows = (run) => {
  const rows = ['Sojourn, SQLite, node:sqlite', 'Sojourn, SQLite, libsql']
  return run.otherNode ? [rows[0], `${rows[0]}, ${run.otherNode.name}`, rows[1]] : rows
}

/** The row of SQLite that stands for it in the summary. */
export const sqliteRow = (run) =>
  sqliteRows(run).find((row) => run.figures.get('stores', row, `read, ${run.sizes[1]}`) !== undefined)

const space = '\u00a0' // keeps a figure and its unit in one line
const connectRedis = 'express-session + connect-redis'

/** The ten lines by question: a figure of Sojourn, and one to compare it with. */
function linesOf(run) {
  const [small, large] = run.sizes
  const sqlite = sqliteRow(run)
  const onNode = { section: 'requests', own: 'node:http + Sojourn', unit: 'µs' }
  const sealed = 'node:http + sealed by hand'
  const onExpress = { ...onNode, own: 'Express 5 + Sojourn', other: 'Express 5 + cookie-session' }
  const cpu = { section: 'redis', own: 'Sojourn, node-redis', other: connectRedis, name: 'connect-redis', unit: 'µs' }
  const latency = { ...cpu, unit: 'ms' }
  const inRedis = { section: 'stores', own: 'Sojourn, Redis', other: 'connect-redis, Redis', name: 'connect-redis' }
  const inPostgres = { section: 'stores', own: 'Sojourn, Postgres', other: 'connect-pg-simple, Postgres', unit: 'µs' }
  const inSqlite = { section: 'stores', own: sqlite, other: sqlite, name: `with ${small}`, unit: 'µs' }
  return {
    'What does a session cost? CPU of a request': [
      { text: 'Read', ...onNode, other: 'node:http + signed by hand', name: 'signed by hand', column: 'read, small' },
      { text: 'Change', ...onNode, other: sealed, name: 'sealed by hand', column: 'change, small' },
      { text: 'Read on Express', ...onExpress, name: 'cookie-session', column: 'read, small' },
    ],
    'With Redis?': [
      { text: 'CPU of a read', ...cpu, column: 'read, small' },
      { text: 'CPU of a sign-in', ...cpu, column: 'sign-in, small' },
      { text: 'Latency of a read, Redis 5 ms away', ...latency, column: 'read, small: latency' },
      { text: 'Latency of a sign-in, Redis 5 ms away', ...latency, column: 'sign-in, small: latency' },
      { text: 'Memory of a session', ...inRedis, unit: 'bytes', column: `bytes, ${large}` },
    ],
    [`How does it grow? Time with ${large} sessions`]: [
      { text: 'Read from SQLite', ...inSqlite, column: `read, ${large}`, otherColumn: `read, ${small}` },
      { text: 'Read from Postgres', ...inPostgres, name: 'connect-pg-simple', column: `read, ${large}` },
    ],
  }
}

/** Returns the ten lines as lists. A line whose figures were not measured is left out. */
export function renderSummary(run) {
  const lists = []
  for (const [question, lines] of Object.entries(linesOf(run))) {
    const items = []
    for (const { text, section, own, other, name, unit, column, otherColumn = column } of lines) {
      const [value, otherValue] = [run.figures.get(section, own, column), run.figures.get(section, other, otherColumn)]
      if (value === undefined || otherValue === undefined) continue
      const mark = other !== own && otherValue < value ? `${betterMark}${space}` : ''
      const [figure, otherFigure] = [value, otherValue].map((each) => `${formatNumber(each)}${space}${unit}`)
      items.push(`- ${text}: **${figure}** (${name}: ${mark}${otherFigure})`)
    }
    if (items.length > 0) lists.push(`**${question}**\n\n${items.join('\n')}`)
  }
  return lists.join('\n\n')
}

/** Returns the panels of the chart, without figures that were not measured. */
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
