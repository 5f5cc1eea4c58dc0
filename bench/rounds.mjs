// The compiler and the caches settle in these rounds, which do not count.
const warmUpRounds = 3

/**
 * One case: `measure` resolves to one or more figures, each named by the column of the table it belongs to.
 *
 * @typedef {{ row: string, measure: () => Promise<Record<string, number>> }} Case
 */

/**
 * Figures of each row and column, one a round.
 *
 * @typedef {ReturnType<typeof createFigures>} Figures
 */
export function createFigures() {
  /** @type {Map<string, number[]>} */
  const figures = new Map()
  const keyOf = (row, column) => `${row} · ${column}`
  return {
    /** @param {string} row @param {string} column @returns {number[] | undefined} */
    get: (row, column) => figures.get(keyOf(row, column)),
    /** @param {string} row @param {Record<string, number>} columns */
    add(row, columns) {
      for (const [column, figure] of Object.entries(columns)) {
        const key = keyOf(row, column)
        figures.set(key, [...(figures.get(key) ?? []), figure])
      }
    },
  }
}

/**
 * Runs every case once a round, in shuffled order. A disturbance of the machine then hits all cases of its round alike,
 * and mostly cancels out of their ratios.
 *
 * @param {string} label names the measurement in the progress on standard error
 * @param {readonly Case[]} cases
 * @param {number} rounds
 */
export async function runRounds(label, cases, rounds) {
  const figures = createFigures()
  const startedAt = performance.now()
  for (let round = 1 - warmUpRounds; round <= rounds; round++) {
    for (const { row, measure } of shuffle(cases)) {
      const columns = await measure()
      if (round > 0) figures.add(row, columns)
    }
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    reportProgress(label, `${round < 1 ? 'warm-up' : `round ${round} of ${rounds}`}, ${seconds} s`)
  }
  return figures
}

/** @param {string} label @param {string} text */
export const reportProgress = (label, text) => console.error(`${label}: ${text}`)

/** @param {readonly number[]} numbers */
export function median(numbers) {
  const sorted = numbers.toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Returns the median of the ratios within each round. @param {readonly number[]} own @param {readonly number[]} base */
export const medianRatio = (own, base) => median(own.map((figure, round) => figure / base[round]))

function shuffle(items) {
  return items
    .map((item) => ({ item, position: Math.random() }))
    .toSorted((one, other) => one.position - other.position)
    .map(({ item }) => item)
}
