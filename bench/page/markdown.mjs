/** Marks a figure of another library that is better than Sojourn's in the same column. */
export const betterMark = '★'

/**
 * Returns a Markdown table: the first column is text, all others are numbers.
 *
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
export function renderTable(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(head), `|---|${'--:|'.repeat(head.length - 1)}`, ...rows.map(line)].join('\n')
}

/**
 * Returns a table of figures. Rows and columns without a figure are left out. `than` names the row of Sojourn that a row of
 * another library is compared with: the figures that are better are marked.
 *
 * @param {object} options
 * @param {(row: string, column: string) => number | undefined} options.get
 * @param {readonly { row: string, label?: string, than?: string | undefined }[]} options.rows
 * @param {Record<string, string>} options.columns headings, and the names that the figures have
 * @param {string} [options.corner] the heading of the first column
 */
export function renderFigures({ get, rows, columns, corner = '' }) {
  const isMeasured = ({ row }, heading) => get(row, columns[heading]) !== undefined
  const headings = Object.keys(columns).filter((heading) => rows.some((row) => isMeasured(row, heading)))
  const shown = rows.filter((row) => headings.some((heading) => isMeasured(row, heading)))
  if (shown.length === 0) return ''
  const cellOf = ({ row, than }, heading) => {
    const value = get(row, columns[heading])
    if (value === undefined) return '–'
    return `${than !== undefined && value < get(than, columns[heading]) ? `${betterMark} ` : ''}${formatNumber(value)}`
  }
  const lines = shown.map((row) => [
    emphasize(row.label ?? row.row),
    ...headings.map((heading) => cellOf(row, heading)),
  ])
  return renderTable([corner, ...headings], lines)
}

/** @param {string} name of a row */
export const emphasize = (name) => (name.includes('Sojourn') ? `**${name}**` : name)

/** Formats a number with as many digits as are meaningful. @param {number} number */
export function formatNumber(number) {
  if (Math.abs(number) >= 100) return Math.round(number).toLocaleString('en')
  return Number.isInteger(number) ? String(number) : number.toFixed(1)
}
