const hourMs = 3_600_000
const maxTtlMs = 365_250 * 24 * hourMs

/** For how long a key is kept that is of use for so long, in milliseconds: whoever drops it is not to be the one who judges. */
export const keyTtl = (milliseconds: number): number =>
  Math.ceil(milliseconds > 0 ? Math.min(milliseconds, maxTtlMs) : 0) + hourMs
