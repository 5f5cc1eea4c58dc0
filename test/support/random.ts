/** `npm test` prints it if a test fails. `SEED=…` repeats its random choices, though not the timing of servers. */
export const seed = Number(process.env['SEED'] ?? 1)

let state = (seed % 2147483646) + 1

/** Returns a random number from 0 up to 1. In each file the numbers follow from the seed. */
export function random(): number {
  state = (state * 48271) % 2147483647
  return state / 2147483647
}
