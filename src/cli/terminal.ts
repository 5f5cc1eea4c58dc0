import { once } from 'node:events'
import { styleText } from 'node:util'

/** Colours texts, if the screen shows colours. */
export interface Paint {
  good(text: string): string
  bad(text: string): string
  strong(text: string): string
  faint(text: string): string
}

/** The properties of an output stream that decide about colours. */
export interface Screen {
  readonly isTTY?: boolean
  hasColors?(): boolean
}

/** Returns colours for a terminal that has them, and plain text for a pipe, a file, or if `NO_COLOR` is set. */
export function paintFor(screen: Screen, env: Readonly<Record<string, string | undefined>> = process.env): Paint {
  // styleText of Node 20 does not check the stream.
  const hasColors = screen.isTTY === true && !env['NO_COLOR'] && screen.hasColors?.() === true
  const style = (format: 'green' | 'red' | 'bold' | 'dim') => (text: string) =>
    hasColors ? styleText(format, text, { validateStream: false }) : text
  return { good: style('green'), bad: style('red'), strong: style('bold'), faint: style('dim') }
}

/** Writes a text to standard output, and waits if the reader is slow. */
export async function printText(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

/** Escapes characters that control a terminal or are invisible, so that a cookie's contents cannot forge other lines. */
export function escapeHidden(text: string): string {
  return text.replace(hiddenPattern, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
}

/** Formats a value as one line of JSON with visible characters only. */
export function escapeHiddenJson(value: unknown): string {
  return JSON.stringify(value).replace(hiddenPattern, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}

/** Quotes the user's input for a message: escaped, and cut to 80 characters. */
export function quoteForUser(text: string): string {
  return `'${escapeHidden(text.length > 80 ? `${text.slice(0, 80)}…` : text)}'`
}

/** Formats rows as lines with aligned columns, indented by two spaces. */
export function formatTable(rows: readonly (readonly [string, ...string[]])[], paint: Paint): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows
    .map(([name, ...lines]) => {
      const indent = `\n  ${' '.repeat(width)}  `
      return `  ${paint.faint(name.padEnd(width))}  ${lines.join(indent)}\n`
    })
    .join('')
}

/** Formats a count with its noun: `1 cookie`, `1,200 cookies`. */
export function formatCount(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}

/** Formats an instant (epoch milliseconds), also relative to `now`: `2026-03-01T09:00:00Z (3 days ago)`. */
export function formatInstant(at: number, now: number): string {
  return `${new Date(at).toISOString().replace('.000Z', 'Z')} (${formatRelative(at, now)})`
}

/** Formats seconds in the largest unit that divides them: `7 days`. */
export function formatDuration(seconds: number): string {
  const [unit, length] = units.find(([, each]) => seconds * 1000 >= each && (seconds * 1000) % each === 0) ?? inSeconds
  return formatCount((seconds * 1000) / length, unit)
}

const inSeconds = ['second', 1000] as const
const units = [['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000], inSeconds] as const

/** Formats an instant (epoch milliseconds) relative to `now`: `3 days ago`. */
export function formatRelative(at: number, now: number): string {
  const [unit, length] = units.find(([, each]) => Math.abs(at - now) >= each) ?? inSeconds
  const count = Math.round((at - now) / length)
  return count === 0 ? 'now' : new Intl.RelativeTimeFormat('en').format(count, unit)
}

// Control and format characters (such as those that change the writing direction), line separators, lone surrogates.
const hiddenPattern = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu
