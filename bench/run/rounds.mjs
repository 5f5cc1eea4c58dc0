/**
 * One case: `measure` resolves to one or more figures, named by their columns. Those of the row `plain` are subtracted.
 *
 * @typedef {{ row: string, plain?: string, measure: () => Promise<Record<string, number>> }} Case
 */

/**
 * Runs every case once a round, in shuffled order. A disturbance of the machine then hits all cases of its round alike,
 * and mostly cancels out of their ratios. Every round counts, so cases are warmed up before.
 */
export async function runRounds({ section, cases, rounds, figures, report }) {
  const plainOf = new Map(cases.map(({ row, plain }) => [row, plain]))
  for (let round = 1; round <= rounds; round++) {
    report(`round ${round} of ${rounds}`)
    const measured = {}
    for (const { row, measure } of shuffle(cases)) {
      const columns = await measure().catch((error) => {
        throw new Error(`${section}, ${row}: ${error.message}`, { cause: error })
      })
      measured[row] = { ...measured[row], ...columns }
    }
    for (const [row, columns] of Object.entries(measured)) {
      figures.add(section, row, subtract(columns, measured[plainOf.get(row)]))
    }
  }
}

/** Leaves the cost that a row adds to its plain one, in the columns that both have. */
const subtract = (columns, plain = {}) =>
  Object.fromEntries(Object.entries(columns).map(([name, value]) => [name, value - (plain[name] ?? 0)]))

const shuffle = (items) =>
  items
    .map((item) => ({ item, position: Math.random() }))
    .toSorted((one, other) => one.position - other.position)
    .map(({ item }) => item)
