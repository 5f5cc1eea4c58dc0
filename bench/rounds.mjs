/** Rounds before the first that counts are for the compiler. */
const warmUps = 3

/**
 * Measures cases against each other on a machine that is not quiet: each round runs every case once, in shuffled order,
 * so that what disturbs a round disturbs all of them. Resolves to each case's figures, one a round.
 *
 * @param {readonly { name: string, measure: () => Promise<number> }[]} cases
 * @param {{ rounds: number, onRound: (round: number) => void }} options
 * @returns {Promise<Map<string, number[]>>}
 */
export async function interleave(cases, { rounds, onRound }) {
  /** @type {Map<string, number[]>} */
  const figures = new Map(cases.map(({ name }) => [name, []]))
  for (let round = 1 - warmUps; round <= rounds; round++) {
    for (const { name, measure } of shuffled(cases)) {
      const figure = await measure()
      if (round > 0) figures.get(name).push(figure)
    }
    onRound(round)
  }
  return figures
}

/** @param {readonly number[]} numbers */
export function median(numbers) {
  const sorted = numbers.toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The median of the ratios within one round. @param {readonly number[]} own @param {readonly number[]} other */
export const ratio = (own, other) => median(own.map((figure, round) => figure / other[round]))

/** What one takes more than another, round by round. @param {readonly number[]} own @param {readonly number[]} base */
export const above = (own, base) => own.map((figure, round) => figure - base[round])

/** @template Item @param {readonly Item[]} items */
function shuffled(items) {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ item }) => item)
}
