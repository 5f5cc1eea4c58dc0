const hour = 3_600_000
const thousandYears = 365_250 * 24 * hour

/** For how long a key is kept that is of use for so long, in milliseconds: whoever drops it is not to be the one who judges. */
export const generous = (milliseconds: number): number =>
  Math.ceil(milliseconds > 0 ? Math.min(milliseconds, thousandYears) : 0) + hour
