/**
 * One case: `measure` resolves to one or more figures, named by their columns. Those of the row `plain` are subtracted.
 *
 * @typedef {{ row: string, plain?: string, measure: () => Promise<Record<string, number>> }} Case
 */

/**
 * Runs every case once a round, in shuffled order. A disturbance of the machine then hits all cases of its round alike,
 * and mostly cancels out of their ratios. The first rounds do not count: compilers and caches settle in them. Cases that warm
 * up by themselves need none.
 */
export async function runRounds({ section, cases, rounds, warmUps = Math.min(3, rounds), figures, progress }) {
  const total = (warmUps + rounds) * cases.length
  let done = 0
  for (let round = 1 - warmUps; round <= rounds; round++) {
    for (const { row, measure } of shuffle(cases)) {
      progress.step(round < 1 ? 'warming up' : `round ${round} of ${rounds}`, done++ / total)
      const columns = await measure().catch((error) => {
        throw new Error(`${section}, ${row}: ${error.message}`, { cause: error })
      })
      if (round > 0) figures.add(section, row, columns)
    }
  }
  subtractPlain(section, cases, figures)
}

/** Leaves the cost that a row adds to its plain one, round by round. */
function subtractPlain(section, cases, figures) {
  const plainOf = new Map(cases.map(({ row, plain }) => [row, plain]))
  for (const [row, plain] of plainOf) {
    if (plain === undefined) continue
    for (const column of figures.columns(section, row)) {
      const base = figures.all(section, plain, column)
      if (base)
        figures.set(
          section,
          row,
          column,
          figures.all(section, row, column).map((value, round) => value - base[round]),
        )
    }
  }
}

function shuffle(items) {
  return items
    .map((item) => ({ item, position: Math.random() }))
    .toSorted((one, other) => one.position - other.position)
    .map(({ item }) => item)
}
