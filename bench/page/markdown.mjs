import { isOurs } from '../run/subjects.mjs'

/** Marks a figure of another library that is better than Sojourn's in the same column. */
export const betterMark = '★'

/** Whether a figure is better, as far as can be seen from its digits. */
export const isBetter = (value, than) => value < than && formatNumber(value) !== formatNumber(than)

/** Returns a Markdown table: the first column is text, all others are numbers. */
export function renderTable(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(head), `|---|${'--:|'.repeat(head.length - 1)}`, ...rows.map(line)].join('\n')
}

/**
 * Returns a table of the figures that `get` returns for a row and a column. Rows and columns without a figure are left
 * out. A figure that is better than that of the row `than` is marked.
 *
 * @param {object} options
 * @param {(row: string, column: string) => number | undefined} options.get
 * @param {readonly { row: string, than?: string }[]} options.rows
 * @param {Record<string, string>} options.columns by their headings
 * @param {string} [options.corner] the heading of the first column
 * @param {(figure: number) => string} [options.format]
 */
export function renderFigures({ get, rows, columns, corner = '', format = formatNumber }) {
  const isMeasured = ({ row }, heading) => get(row, columns[heading]) !== undefined
  const headings = Object.keys(columns).filter((heading) => rows.some((row) => isMeasured(row, heading)))
  const shown = rows.filter((row) => headings.some((heading) => isMeasured(row, heading)))
  if (shown.length === 0) return ''
  const cellOf = (subject, heading) => {
    const value = get(subject.row, columns[heading])
    if (value === undefined) return '–'
    const hasMark = !isOurs(subject) && subject.than && isBetter(value, get(subject.than, columns[heading]))
    return hasMark ? `${betterMark} ${format(value)}` : format(value)
  }
  const lines = shown.map((subject) => [nameOf(subject), ...headings.map((heading) => cellOf(subject, heading))])
  return renderTable([corner, ...headings], lines)
}

const nameOf = (subject) => (isOurs(subject) ? `**${subject.row}**` : subject.row)

/** Formats a number with as many digits as are meaningful. */
export function formatNumber(number) {
  if (Math.abs(number) >= 100) return Math.round(number).toLocaleString('en')
  return Number.isInteger(number) ? String(number) : number.toFixed(1)
}
