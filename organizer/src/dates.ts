const day = 86_400_000

/** The date of an instant on this server's calendar, as `2026-11-24`. */
export function dateOf(instant: number): string {
  const date = new Date(instant)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

/** The date so many days after another. */
export function dayAfter(date: string, days: number): string {
  return new Date(Date.parse(date) + days * day).toISOString().slice(0, 10)
}

/** How many days from one date to another. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / day)
}

/** Whether a date is on the calendar: 30 February is not. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const instant = Date.parse(text)
  return !Number.isNaN(instant) && new Date(instant).toISOString().slice(0, 10) === text
}

/** A length of time in words for people: `7 days`, `12 hours`, `4 minutes`. Rounded up below an hour, so that nobody comes too early. */
export function inWords(seconds: number): string {
  const count = (n: number, unit: string) => `${n} ${unit}${n === 1 ? '' : 's'}`
  if (seconds >= 2 * 86_400 || seconds === 86_400) return count(Math.floor(seconds / 86_400), 'day')
  if (seconds >= 2 * 3600 || seconds === 3600) return count(Math.floor(seconds / 3600), 'hour')
  if (seconds >= 60) return count(Math.ceil(seconds / 60), 'minute')
  return count(Math.max(1, Math.ceil(seconds)), 'second')
}
