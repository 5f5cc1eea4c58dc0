/**
 * All figures of a run. A figure belongs to a section, a row and a column; measured in rounds, it has one value a round.
 *
 * @param {Iterable<readonly [string, number[]]>} [entries] of an earlier run
 */
export function createFigures(entries = []) {
  const values = new Map(entries)
  const keyOf = (...names) => names.join(' · ')
  const all = (section, row, column) => values.get(keyOf(section, row, column))
  return {
    /** All values. */
    all,
    /** The median, or `undefined` if it was not measured. */
    get(section, row, column) {
      const found = all(section, row, column)
      return found && median(found)
    },
    add(section, row, columns) {
      for (const [column, value] of Object.entries(columns)) {
        const key = keyOf(section, row, column)
        values.set(key, [...(values.get(key) ?? []), value])
      }
    },
    entries: () => [...values],
  }
}

export const median = (numbers) => quantile(numbers, 0.5)

/** Interpolates between the two nearest numbers. @param {number} part from 0 to 1 */
export function quantile(numbers, part) {
  const sorted = numbers.toSorted((one, other) => one - other)
  const position = (sorted.length - 1) * part
  const below = Math.floor(position)
  return sorted[below] + (position - below) * (sorted[Math.ceil(position)] - sorted[below])
}
