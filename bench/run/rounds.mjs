import { availableParallelism } from 'node:os'

/**
 * One case: `measure` resolves to one or more figures, named by their columns. Those of the row `plain` are subtracted. Cases
 * with one `group` run together. `prepare` is called before each of their rounds, for several cases at once, and `end` after the last.
 *
 * @typedef {object} Case
 * @property {string} row
 * @property {string} [plain]
 * @property {string} [group]
 * @property {(round: number) => Promise<void>} [prepare]
 * @property {() => Promise<Record<string, number>>} measure
 * @property {() => void} [end]
 */

/**
 * Runs every case once a round, in shuffled order. A disturbance of the machine then hits all cases of its round alike,
 * and mostly cancels out of their ratios. Every round counts, so cases are warmed up before. Groups run one after another, because
 * a process that waits for long is slow at first.
 */
export async function runRounds({ section, cases, rounds, figures, report }) {
  const plainOf = new Map(cases.map(({ row, plain }) => [row, plain]))
  for (const group of new Set(cases.map(({ group }) => group))) {
    const members = cases.filter((one) => one.group === group)
    for (let round = 1; round <= rounds; round++) {
      report(`${group ? `${group}, ` : ''}round ${round} of ${rounds}`)
      await prepareAll(members, (one) => withName(section, one, () => one.prepare?.(round)))
      const measured = {}
      for (const one of shuffle(members)) {
        const columns = await withName(section, one, one.measure)
        measured[one.row] = { ...measured[one.row], ...columns }
      }
      for (const [row, columns] of Object.entries(measured)) {
        figures.add(section, row, subtract(columns, measured[plainOf.get(row)]))
      }
    }
    for (const { end } of members) end?.()
  }
}

async function prepareAll(cases, prepare) {
  const waiting = [...cases]
  const worker = async () => {
    while (waiting.length > 0) await prepare(waiting.shift())
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
}

/** Runs a function, and names the case in its error. */
async function withName(section, { row }, run) {
  try {
    return await run()
  } catch (error) {
    throw new Error(`${section}, ${row}: ${error.message}`, { cause: error })
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
