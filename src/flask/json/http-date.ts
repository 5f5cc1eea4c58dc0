const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const fullMonths = 'january february march april may june july august september october november december'.split(' ')

// Of North America, as RFC 2822 section 4.3 lists them; any other name counts as UTC.
const zoneOffsetHours = new Map([
  ['ast', -4],
  ['adt', -3],
  ['est', -5],
  ['edt', -4],
  ['cst', -6],
  ['cdt', -5],
  ['mst', -7],
  ['mdt', -6],
  ['pst', -8],
  ['pdt', -7],
])

const weekday = /^\s*(?:\S*,|(?:mon|tue|wed|thu|fri|sat|sun)(?=\s))/
const day = String.raw`(?<day>\d{1,2})`
const month = '(?<month>[a-z]+)'
const year = String.raw`(?<year>\d{1,4})`
const time = String.raw`(?<hour>\d{1,2})[:.](?<minute>\d{1,2})(?:[:.](?<second>\d{1,2}))?`
const zone = String.raw`(?:(?: |(?=[+-]))(?<zone>\S+).*)?$`
const datePatterns = [
  new RegExp(`^${day}[ -]${month}[ -]${year} ${time}${zone}`),
  new RegExp(`^${month} ${day} ${year} ${time}${zone}`),
  // C's asctime
  new RegExp(`^${month} ${day} ${time} ${year}${zone}`),
]

/** A date as HTTP spells it (RFC 9110 section 5.6.7), without the milliseconds. */
export const formatHttpDate = (date: Date): string => date.toUTCString()

/**
 * Epoch milliseconds of a date as Python reads it: RFC 2822 with its obsolete forms, whatever the weekday, years below 100
 * as of this century and the last. `null` for what is none, ISO 8601 among it.
 */
export function parseHttpDate(text: string): number | null {
  if (text.length > 100) return null
  const plain = text
    .toLowerCase()
    .replace(weekday, '')
    .replace(/[\s,]+/g, ' ')
    .trim()
  for (const pattern of datePatterns) {
    const parts = pattern.exec(plain)?.groups
    if (parts !== undefined) return dateFromParts(parts)
  }
  return null
}

function dateFromParts(parts: Record<string, string | undefined>): number | null {
  const [day, hour, minute, second] = [parts['day'], parts['hour'], parts['minute'], parts['second'] ?? 0].map(Number)
  const name = parts['month']!
  const month = Math.max(months.indexOf(name), fullMonths.indexOf(name))
  const offset = zoneOffsetMinutes(parts['zone'] ?? '')
  if (month === -1 || hour! > 23 || minute! > 59 || second! > 59 || Math.abs(offset) >= 24 * 60) return null
  const local = new Date(Date.UTC(expandYear(Number(parts['year'])), month, day, hour, minute, second))
  // Otherwise JavaScript took 30 February for a day in March.
  return local.getUTCDate() === day ? local.getTime() - offset * 60_000 : null
}

const expandYear = (year: number): number => (year > 99 ? year : year > 68 ? 1900 + year : 2000 + year)

function zoneOffsetMinutes(zone: string): number {
  const [, sign, digits] = /^([+-]?)(\d+)$/.exec(zone) ?? []
  if (digits === undefined) return (zoneOffsetHours.get(zone) ?? 0) * 60
  const number = Number(digits)
  return (Math.trunc(number / 100) * 60 + (number % 100)) * (sign === '-' ? -1 : 1)
}
