import { betterMark, formatNumber, isBetter } from './markdown.mjs'

/**
 * A line of the summary, and two bars of the chart.
 *
 * @typedef {{ text: string, unit: string, value: number, other: string, otherValue: number, isPeer: boolean }} Line
 */

const onHost = (host, other) => ['requests', `${host} + Sojourn`, other, `${host} + ${other}`]
const withRedis = ['redis', 'Sojourn, node-redis', 'connect-redis', 'express-session + connect-redis']
const inStore = (database, other) => ['stores', `Sojourn, ${database}`, other, `${other}, ${database}`]

/**
 * Returns what a reader asks first, with lines that answer it: a figure of Sojourn, and one to compare it with. A line
 * whose figures were not measured is left out.
 *
 * @param {any} run
 * @returns {{ title: string, lines: Line[] }[]}
 */
export function questionsOf({ figures, sizes, otherNode }) {
  const [small, large] = sizes
  const largest = sizes.at(-1)
  const read = 'read, small'
  // The driver of a current Node stands for SQLite, if it was measured.
  const drivers = ['node:sqlite', `node:sqlite, ${otherNode?.name}`, 'libsql'].map((name) => `Sojourn, SQLite, ${name}`)
  const sqlite = drivers.find((row) => figures.get('stores', row, `read, ${largest}`) !== undefined)
  const growing = ['stores', sqlite, `with ${small}`, sqlite]

  const line = (text, unit, column, [section, row, other, otherRow], otherColumn = column) => {
    const [value, otherValue] = [figures.get(section, row, column), figures.get(section, otherRow, otherColumn)]
    if (value === undefined || otherValue === undefined) return []
    return [{ text, unit, value, other, otherValue, isPeer: row !== otherRow }]
  }
  const questions = {
    'What does a session cost?': [
      line('CPU of a read', 'µs', read, onHost('node:http', 'signed by hand')),
      line('CPU of a change', 'µs', 'change, small', onHost('node:http', 'sealed by hand')),
      line('CPU of a read on Express', 'µs', read, onHost('Express 5', 'cookie-session')),
    ],
    'With Redis?': [
      line('CPU of a read', 'µs', read, withRedis),
      line('CPU of a sign-in', 'µs', 'sign-in, small', withRedis),
      line('Latency of a read, Redis 5 ms away', 'ms', `${read}: latency`, withRedis),
      line('Latency of a sign-in, Redis 5 ms away', 'ms', 'sign-in, small: latency', withRedis),
      line('Memory of a session', 'bytes', `bytes, ${large}`, inStore('Redis', 'connect-redis')),
    ],
    'How does it grow?': [
      line(`Read from SQLite, ${largest} sessions`, 'µs', `read, ${largest}`, growing, `read, ${small}`),
      line(`Read from Postgres, ${large} sessions`, 'µs', `read, ${large}`, inStore('Postgres', 'connect-pg-simple')),
    ],
  }
  return Object.entries(questions).flatMap(([title, lines]) =>
    lines.flat().length ? [{ title, lines: lines.flat() }] : [],
  )
}

const space = '\u00a0' // keeps a figure and its unit in one line

export const figureOf = (value, unit) => `${formatNumber(value)}${space}${unit}`

export function renderSummary(questions) {
  const itemOf = ({ text, unit, value, other, otherValue, isPeer }) => {
    const mark = isPeer && isBetter(otherValue, value) ? `${betterMark}${space}` : ''
    return `- ${text}: **${figureOf(value, unit)}** (${other}: ${mark}${figureOf(otherValue, unit)})`
  }
  return questions.map(({ title, lines }) => `**${title}**\n\n${lines.map(itemOf).join('\n')}`).join('\n\n')
}
