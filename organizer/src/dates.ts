const dayMs = 86_400_000

/** Returns the local date of a timestamp, such as `2026-11-24`. */
export function localDate(timestamp: number): string {
  const date = new Date(timestamp)
  const twoDigits = (n: number) => String(n).padStart(2, '0')
  return `${String(date.getFullYear()).padStart(4, '0')}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`
}

export function addDays(date: string, days: number): string {
  return new Date(Date.parse(date) + days * dayMs).toISOString().slice(0, 10)
}

export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / dayMs)
}

/** Whether a text is a date of the calendar. 30 February is not. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const timestamp = Date.parse(text)
  return !Number.isNaN(timestamp) && new Date(timestamp).toISOString().slice(0, 10) === text
}

/** Formats seconds, such as `7 days` or `4 minutes`. Rounds up below an hour, so that users do not retry too early. */
export function formatDuration(seconds: number): string {
  const count = (n: number, unit: string) => `${n} ${unit}${n === 1 ? '' : 's'}`
  if (seconds >= 2 * 86_400 || seconds === 86_400) return count(Math.floor(seconds / 86_400), 'day')
  if (seconds >= 2 * 3600 || seconds === 3600) return count(Math.floor(seconds / 3600), 'hour')
  if (seconds >= 60) return count(Math.ceil(seconds / 60), 'minute')
  return count(Math.max(1, Math.ceil(seconds)), 'second')
}
