import { daysBetween } from '../dates.ts'

const instantFormat = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZoneName: 'short',
})
// An event's date is one on the calendar, the same in all time zones: it is formatted as if it were in UTC.
const inUtc = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC' })
const dayFormat = inUtc({ weekday: 'long', day: 'numeric', month: 'long' })
const yearFormat = inUtc({ year: 'numeric' })
const monthFormat = inUtc({ month: 'short' })

/** An instant on the server's clock; the script writes it on the reader's. */
export function Instant({ at }: { at: number }) {
  return (
    <time datetime={new Date(at).toISOString()} data-instant>
      {instantFormat.format(at)}
    </time>
  )
}

/** A date as a leaf of a calendar. What it says is said in words beside it. */
export function Leaf({ date }: { date: string }) {
  const instant = Date.parse(date)
  return (
    <span class="leaf" aria-hidden="true">
      <span class="leaf-month">{monthFormat.format(instant)}</span>
      <span class="leaf-day">{new Date(instant).getUTCDate()}</span>
    </span>
  )
}

/** When an event begins, in words; with the year where that is not this one. */
export function Beginning({ startsAt, today }: { startsAt: string; today: string }) {
  const [date = '', time = ''] = startsAt.split('T')
  const instant = Date.parse(date)
  const year = date.slice(0, 4) === today.slice(0, 4) ? '' : ` ${yearFormat.format(instant)}`
  return (
    <time datetime={startsAt}>
      {dayFormat.format(instant) + year}, {time}
    </time>
  )
}

/** How far off a date is, in words; `null` where that says no more than the date. */
export function howSoon(today: string, date: string): string | null {
  const days = daysBetween(today, date)
  if (days === 0) return 'Today'
  if (days === 1) return 'Tomorrow'
  return days > 1 && days <= 14 ? `In ${days} days` : null
}
