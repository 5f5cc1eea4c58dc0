import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import { daysBetween } from './dates.ts'

/** Writes dates for the reader of a page, in their time zone and language. */
export interface Reader {
  /** The language of dates, such as `en-US`. */
  readonly language: string
  /** The present, in epoch milliseconds. */
  readonly instant: number
  /** The present in the reader's time zone, such as `2026-11-24T09:00`. Compare it with the start of an event. */
  readonly now: string
  formatInstant(timestamp: number): string
  /** Formats the past relative to the present, such as `2 minutes ago`, or as a date if it is older than a week. */
  formatAgo(timestamp: number): string
  /** Formats the start of an event, with the year if it is not the current one. */
  formatStart(startsAt: string): string
  /** Formats the month of an event's date, such as `Dec`. */
  formatMonth(date: string): string
}

/** The cookie in which `organizer.js` stores the browser's time zone. */
const zoneCookie = 'zone'

const defaultLanguage = 'en-GB'

/** Returns the reader of a request. Without scripts there is no cookie, and dates are in the server's time zone. */
export function readerOf(c: Context, instant: number): Reader {
  return createReader(parseLanguage(c.req.header('accept-language')), parseZone(getCookie(c, zoneCookie)), instant)
}

/** Creates a reader. `zone` is `null` if it is unknown. */
export function createReader(language: string, zone: string | null, instant: number): Reader {
  const formats = formatsFor(language, zone)
  const now = formats.local.format(instant).replace(' ', 'T')
  return {
    language,
    instant,
    now,
    formatInstant: (timestamp) => formats.instant.format(timestamp),
    formatAgo(timestamp) {
      const minutes = Math.floor((instant - timestamp) / 60_000)
      const days = daysBetween(formats.local.format(timestamp).slice(0, 10), now.slice(0, 10))
      if (minutes < 1) return 'just now'
      if (minutes < 60) return `${count(minutes, 'minute')} ago`
      if (days === 0 || minutes < 6 * 60) return `${count(Math.floor(minutes / 60), 'hour')} ago`
      if (days <= 7) return days === 1 ? 'yesterday' : `${days} days ago`
      return formats.date.format(timestamp)
    },
    formatStart(startsAt) {
      const start = Date.parse(`${startsAt}Z`)
      const isThisYear = startsAt.slice(0, 4) === now.slice(0, 4)
      const day = isThisYear ? formats.day.format(start) : formatWithYear(formats, start)
      return `${day}, ${formats.time.format(start)}`
    },
    formatMonth: (date) => formats.month.format(Date.parse(date)),
  }
}

const maxCachedFormats = 200
const cachedFormats = new Map<string, ReturnType<typeof createFormats>>()

/** Caches formats, because to create them takes longer than to write a page. Clients choose the key, so there is a limit. */
function formatsFor(language: string, zone: string | null) {
  const key = `${language} ${zone}`
  const cached = cachedFormats.get(key)
  if (cached) return cached
  if (cachedFormats.size >= maxCachedFormats) cachedFormats.clear()
  const formats = createFormats(language, zone)
  cachedFormats.set(key, formats)
  return formats
}

function createFormats(language: string, zone: string | null) {
  const create = (options: Intl.DateTimeFormatOptions, locale = language) =>
    // Forms take dates of this calendar only.
    new Intl.DateTimeFormat(locale, { calendar: 'gregory', numberingSystem: 'latn', ...options })
  const inZone = zone === null ? {} : { timeZone: zone }
  const day = { weekday: 'long', day: 'numeric', month: 'long' } as const
  const date = { day: 'numeric', month: 'short', year: 'numeric' } as const
  const { hour12 } = new Intl.DateTimeFormat(language, { hour: 'numeric' }).resolvedOptions()
  const time = { hour: hour12 ? 'numeric' : '2-digit', minute: '2-digit' } as const
  // The date of an event is the same in all time zones, so format it as UTC.
  const utc = { timeZone: 'UTC' }
  return {
    local: create({ dateStyle: 'short', timeStyle: 'short', ...inZone }, 'sv-SE'), // 2026-11-24 09:00
    // Name the server's time zone, because readers may be in another.
    instant: create({ ...date, ...time, ...inZone, ...(zone === null && { timeZoneName: 'short' }) }),
    date: create({ ...date, ...inZone }),
    day: create({ ...day, ...utc }),
    dayAndYear: create({ ...day, year: 'numeric', ...utc }),
    time: create({ ...time, ...utc }),
    month: create({ month: 'short', ...utc }),
  }
}

/** Writes a day with its year. British English would have a comma after the weekday that it does not have without a year. */
function formatWithYear(
  { day, dayAndYear }: Pick<ReturnType<typeof createFormats>, 'day' | 'dayAndYear'>,
  start: number,
) {
  const [weekday, separator] = day.formatToParts(start)
  const parts = dayAndYear.formatToParts(start)
  if (weekday?.type === 'weekday' && parts[0]?.type === 'weekday') parts[1] = separator!
  return parts.map(({ value }) => value).join('')
}

function parseZone(text: string | undefined): string | null {
  if (!text || !/^[A-Za-z]\w*(\/[\w+-]+){0,2}$/.test(text) || text.length > 40) return null
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone
  } catch {
    return null // not a time zone that this server knows
  }
}

/** Returns the first language of an `Accept-Language` header that dates can be written in. */
function parseLanguage(header = ''): string {
  const tags = header
    .slice(0, 200)
    .split(',')
    .map((part) => part.split(';')[0]!.trim())
    // Extensions could ask for another calendar.
    .filter((tag) => /^[a-z]{2,3}(-[a-z]{4})?(-[a-z]{2})?$/i.test(tag))
  return Intl.DateTimeFormat.supportedLocalesOf(tags)[0] ?? defaultLanguage
}

const count = (n: number, unit: string) => `${n} ${unit}${n === 1 ? '' : 's'}`
