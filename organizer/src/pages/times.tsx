import { daysBetween } from '../dates.ts'

const instantFormat = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZoneName: 'short',
})
// An event's date is the same in all time zones. So format it as UTC.
const inUtc = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' })
const dayFormat = inUtc({ weekday: 'long', day: 'numeric', month: 'long' })
const yearFormat = inUtc({ year: 'numeric' })
const monthFormat = inUtc({ month: 'short' })

/** A time in the server's time zone. The script converts it to the browser's. */
export function Instant({ at }: { at: number }) {
  return (
    <time datetime={new Date(at).toISOString()} data-instant>
      {instantFormat.format(at)}
    </time>
  )
}

/** A date as a calendar leaf. Screen readers skip it, because the date is also in the text beside it. */
export function CalendarLeaf({ date }: { date: string }) {
  const instant = Date.parse(date)
  return (
    <span class="leaf" aria-hidden="true">
      <span class="leaf-month">{monthFormat.format(instant)}</span>
      <span class="leaf-day">{new Date(instant).getUTCDate()}</span>
    </span>
  )
}

/** The start of an event, with the year if it is not the current one. */
export function EventTime({ startsAt, today }: { startsAt: string; today: string }) {
  const [date = '', time = ''] = startsAt.split('T')
  const instant = Date.parse(date)
  const year = date.slice(0, 4) === today.slice(0, 4) ? '' : ` ${yearFormat.format(instant)}`
  return (
    <time datetime={startsAt}>
      {dayFormat.format(instant) + year}, {time}
    </time>
  )
}

/** A date relative to today, such as `Tomorrow`; `null` if it is past or more than two weeks away. */
export function relativeDay(today: string, date: string): string | null {
  const days = daysBetween(today, date)
  if (days === 0) return 'Today'
  if (days === 1) return 'Tomorrow'
  return days > 1 && days <= 14 ? `In ${days} days` : null
}
