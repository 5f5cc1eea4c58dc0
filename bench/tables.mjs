import { median, medianRatio } from './rounds.mjs'

/**
 * Returns a Markdown table of medians. With `base`, each column has the ratio to that row beside it.
 *
 * @param {import('./rounds.mjs').Figures} figures
 * @param {object} options
 * @param {string} options.title
 * @param {readonly string[]} options.rows
 * @param {Record<string, string>} options.columns headings, and the names that the figures have
 * @param {{ row: string, name: string }} [options.base]
 */
export function renderMedians(figures, { title, rows, columns, base }) {
  const head = Object.keys(columns).flatMap((heading) => (base ? [heading, `× ${base.name}`] : [heading]))
  const lines = rows.map((row) => [
    row,
    ...Object.values(columns).flatMap((column) => {
      const own = figures.get(row, column)
      const cell = own === undefined ? '–' : formatNumber(median(own))
      if (base === undefined) return [cell]
      return [cell, own === undefined ? '–' : formatRatio(medianRatio(own, figures.get(base.row, column)))]
    }),
  ])
  return renderTable(title, [['', ...head], ...lines])
}

/** Returns a Markdown table: the first column is text, all others are numbers. @param {readonly string[][]} rows */
export function renderTable(title, [head, ...rows]) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  const emphasize = ([name, ...cells]) => [name.includes('Sojourn') ? `**${name}**` : name, ...cells]
  const lines = [line(head), `|---|${'--:|'.repeat(head.length - 1)}`, ...rows.map((row) => line(emphasize(row)))]
  return `### ${title}\n\n${lines.join('\n')}`
}

/** Formats a number with as many digits as are meaningful. @param {number} number */
export function formatNumber(number) {
  if (Math.abs(number) >= 100) return Math.round(number).toLocaleString('en')
  return Number.isInteger(number) ? String(number) : number.toFixed(1)
}

const formatRatio = (ratio) => ratio.toFixed(Math.abs(ratio) >= 100 ? 0 : 2)
