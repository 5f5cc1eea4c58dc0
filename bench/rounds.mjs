/**
 * Measures cases against each other on a machine that is not quiet: each round runs every case once, in shuffled order,
 * and a case's ratio to its floor is the median of the ratios within one round.
 *
 * @typedef {{ name: string, floor?: string, prepare: () => unknown, run: (prepared: any, index: number) => unknown }} Case
 * @param {readonly Case[]} cases `prepare` makes, outside of the clock, what `run` takes
 * @param {{ rounds: number, operations: number }} size
 * @returns {Promise<Map<string, { nanoseconds: number, ratio: number | null }>>}
 */
export async function measure(cases, { rounds, operations }) {
  /** @type {Map<string, number[]>} */
  const times = new Map(cases.map(({ name }) => [name, []]))
  for (let round = -2; round < rounds; round++) {
    for (const { name, prepare, run } of shuffled(cases)) {
      const prepared = await prepare()
      const started = process.hrtime.bigint()
      for (let index = 0; index < operations; index++) await run(prepared, index)
      const nanoseconds = Number(process.hrtime.bigint() - started) / operations
      // Rounds before the first are for the compiler.
      if (round >= 0) times.get(name).push(nanoseconds)
    }
  }
  return new Map(
    cases.map(({ name, floor }) => {
      const own = times.get(name)
      const ratio = floor === undefined ? null : median(own.map((time, round) => time / times.get(floor)[round]))
      return [name, { nanoseconds: median(own), ratio }]
    }),
  )
}

/** @param {readonly number[]} numbers */
export function median(numbers) {
  const sorted = numbers.toSorted((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)]
}

/** @template Item @param {readonly Item[]} items */
function shuffled(items) {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ item }) => item)
}
