/** Random numbers that follow from a seed. */
export interface Random {
  /** Returns a number from 0 up to 1. */
  next(): number
  between(least: number, most: number): number
  /** Returns a whole number from 0 up to, but not including, `count`. */
  below(count: number): number
  pick<Item>(items: readonly Item[]): Item
  chance(probability: number): boolean
}

/** Creates a generator (mulberry32). */
export function createRandom(seed: number): Random {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    between: (least, most) => least + next() * (most - least),
    below: (count) => Math.floor(next() * count),
    pick: (items) => items[Math.floor(next() * items.length)]!,
    chance: (probability) => next() < probability,
  }
}
