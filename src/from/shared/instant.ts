/** Returns an instant of a database in epoch milliseconds; `NaN` if it is none. */
export const toInstant = (value: Date | number | string | null | undefined): number =>
  value === undefined || value === null ? NaN : new Date(value).getTime()
