let seed = 1

/** The moments differ from run to run; who does what should not. */
export function random(): number {
  seed = (seed * 48271) % 2147483647
  return seed / 2147483647
}
