const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const fullMonths = 'january february march april may june july august september october november december'.split(' ')

// RFC 2822 section 4.3 lists these North American zones. Any other name counts as UTC.
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
  // asctime of C
  new RegExp(`^${month} ${day} ${time} ${year}${zone}`),
]

/** Formats a date for HTTP (RFC 9110 section 5.6.7), without milliseconds. */
export const formatHttpDate = (date: Date): string => date.toUTCString()

/**
 * Parses a date as Python does, and returns epoch milliseconds. Accepts RFC 2822 with its obsolete forms and any weekday; a year
 * below 69 is in the 2000s, one from 69 to 99 in the 1900s. Returns `null` for other texts, ISO 8601 included.
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
  // JavaScript turns 30 February into a day in March, so reject a date whose day has changed.
  return local.getUTCDate() === day ? local.getTime() - offset * 60_000 : null
}

const expandYear = (year: number): number => (year > 99 ? year : year > 68 ? 1900 + year : 2000 + year)

function zoneOffsetMinutes(zone: string): number {
  const [, sign, digits] = /^([+-]?)(\d+)$/.exec(zone) ?? []
  if (digits === undefined) return (zoneOffsetHours.get(zone) ?? 0) * 60
  const number = Number(digits)
  return (Math.trunc(number / 100) * 60 + (number % 100)) * (sign === '-' ? -1 : 1)
}
