import { daysBetween } from '../dates.ts'
import type { Reader } from '../reader.ts'

interface TimeProps {
  reader: Reader
  at: number
}

/** A date and time. */
export function Instant({ reader, at }: TimeProps) {
  return (
    <time datetime={new Date(at).toISOString()} {...languageOf(reader)}>
      {reader.formatInstant(at)}
    </time>
  )
}

/** A time in the past, such as `2 minutes ago`. Its tooltip is the exact time. */
export function Ago({ reader, at }: TimeProps) {
  const text = reader.formatAgo(at)
  return (
    <time datetime={new Date(at).toISOString()} title={reader.formatInstant(at)}>
      {text}
    </time>
  )
}

/** The start of an event. */
export function EventTime({ reader, startsAt }: { reader: Reader; startsAt: string }) {
  return (
    <time datetime={startsAt} {...languageOf(reader)}>
      {reader.formatStart(startsAt)}
    </time>
  )
}

/** A date as a calendar leaf. Screen readers skip it, because the date is also in the text beside it. */
export function CalendarLeaf({ reader, date }: { reader: Reader; date: string }) {
  return (
    <span class="leaf" aria-hidden="true">
      <span class="leaf-month">{reader.formatMonth(date)}</span>
      <span class="leaf-day">{Number(date.slice(8))}</span>
    </span>
  )
}

/** The start of an event relative to now, such as `Tomorrow`; `null` if it is before today or more than two weeks away. */
export function relativeDay({ now }: Reader, startsAt: string): string | null {
  const days = daysBetween(now.slice(0, 10), startsAt.slice(0, 10))
  if (days === 0) return startsAt < now ? 'Earlier today' : 'Today'
  if (days === 1) return 'Tomorrow'
  return days > 1 && days <= 14 ? `In ${days} days` : null
}

/** The attributes of a text that a screen reader must not read as English. */
function languageOf({ language }: Reader) {
  return language.startsWith('en') ? {} : { lang: language, dir: 'auto' as const }
}
