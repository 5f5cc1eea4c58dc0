import { median, quantile } from '../run/figures.mjs'
import { rowAt } from '../run/subjects.mjs'
import { formatNumber, renderTable } from './markdown.mjs'

/**
 * Returns a table of ratios: this checkout's figures to those of another revision, within each round. Half of the ratios
 * are within the spread.
 */
export function renderComparison(figures, revision) {
  const rows = []
  for (const [key, own] of figures.entries()) {
    const [section, row, column] = key.split(' · ')
    const others = figures.all(section, rowAt(row, revision), column)
    if (others === undefined) continue
    const ratios = own.map((value, round) => (value === others[round] ? 1 : value / others[round]))
    const spread = own.length > 1 ? `${format(quantile(ratios, 0.25))}–${format(quantile(ratios, 0.75))}` : ''
    const values = [own, others].map((each) => formatNumber(median(each)))
    rows.push([`${section}: ${row}, ${column}`, ...values, format(median(ratios)), spread])
  }
  if (rows.length === 0) return 'There is nothing to compare: no row of Sojourn was measured.'
  return renderTable(
    ['', 'here', revision, '×', 'half are within'],
    rows.toSorted(([one], [other]) => (one < other ? -1 : 1)),
  )
}

const format = (ratio) => ratio.toFixed(2)
