import { readFileSync, writeFileSync } from 'node:fs'
import { renderChart } from './chart.mjs'
import { questionsOf } from './summary.mjs'
import { renderTables } from './tables.mjs'

const page = new URL('../../docs/performance.md', import.meta.url)
const chart = new URL('../../docs/images/performance.svg', import.meta.url)

/** Writes all figures of docs/performance.md, and its chart. The text between them is written by hand. */
export function writePage(run) {
  const text = fillPage(readFileSync(page, 'utf8'), { run: describeRun(run), ...renderTables(run) })
  writeFileSync(chart, renderChart(questionsOf(run)))
  writeFileSync(page, text)
}

/**
 * Replaces what is between `<!-- bench: NAME -->` and `<!-- end -->`.
 *
 * @param {Record<string, string>} contents by name
 */
export function fillPage(text, contents) {
  const missing = new Set(Object.keys(contents))
  const filled = text.replace(/(<!-- bench: (.+?) -->).*?(<!-- end -->)/gs, (_all, start, name, end) => {
    if (!missing.delete(name)) throw new Error(`docs/performance.md has a mark for "${name}", which does not exist.`)
    return [start, contents[name], end].filter(Boolean).join('\n\n')
  })
  if (missing.size > 0) throw new Error(`docs/performance.md has no mark for ${[...missing].join(', ')}.`)
  return filled
}

function describeRun({ date, rounds, machine, node, otherNode, openssl, versions }) {
  const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(date))
  const nodes = `Node ${node.version} (OpenSSL ${openssl})`
  const other = otherNode ? ` Rows that name ${otherNode.name} use Node ${otherNode.version}.` : ''
  return `Measured on ${day} in ${rounds} rounds, on ${machine}, with ${[nodes, ...versions].join(', ')}.${other}`
}
