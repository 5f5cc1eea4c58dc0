import { maxCookieBytes } from '../../cookies/cookie-jar.ts'
import type { Outcome } from '../../core/outcome.ts'
import type { Texts } from '../../core/texts.ts'
import type { ExaminedLine } from './decode-line.ts'
import type { Examined } from './types.ts'
import { developmentKey, keyIdOf, listKeys, type Keys } from '../keys.ts'
import { counted, duration, instant, table, visible, type Paint } from '../terminal.ts'
import { limitOn, noteOn } from './outcome-text.ts'

/** How to report. */
export interface Reporting {
  /** Epoch milliseconds. */
  readonly now: number
  readonly show: boolean
  readonly keys: Keys
  readonly idleTimeout: number
  /** Whether nobody said it. */
  readonly idleIsAssumed: boolean
  readonly absoluteTimeout: number
}

/** What became of a cookie, for people. */
export function reportForPeople(examined: ExaminedLine, reporting: Reporting, paint: Paint): string {
  const { outcome, words, alsoHere, each } = examined
  const hints = [words.fix, noteOn(examined, reporting.now) ?? ''].filter((hint) => hint !== '')
  const rows = rowsOf(examined, reporting)
  if (alsoHere.length > 0)
    rows.push(['also here', ...alsoHere.map(({ name, outcome }) => `${visible(name)}, ${outcome}`)])
  const blocks = each.map(
    (one, index) => `\n  ${paint.strong(`${index + 1} of ${each.length}`)}\n${table(rowsOf(one, reporting), paint)}`,
  )
  const limit = limitOn(examined)
  return (
    `${markOf(outcome, paint)} ${paint.strong(words.sentence)}\n${linesOf(hints)}\n${table(rows, paint)}${blocks.join('')}` +
    (limit === null ? '' : `\n${linesOf([limit])}`)
  )
}

const linesOf = (hints: readonly string[]): string => hints.map((hint) => `  ${visible(hint)}\n`).join('')

function markOf(outcome: Outcome, paint: Paint): string {
  if (outcome === 'active') return paint.good('✓')
  return outcome === 'unavailable' ? '?' : paint.bad('✗')
}

type Row = [string, ...string[]]

function rowsOf(examined: Examined, reporting: Reporting): Row[] {
  const { format, outcome, name, value, id, token, issuedAt, end, each } = examined
  const { now, show } = reporting
  const rows: Row[] = [['outcome', outcome]]
  if (name !== null) rows.push(['cookie', visible(name)])
  // Of several there is nothing to say together.
  if (value === null || each.length > 0) return rows
  rows.push(...keyRows(examined, reporting))
  if (token !== null) {
    const { userId, signedInAt, createdAt, remember, label } = token
    rows.push(['user', userId === null ? 'none, a guest' : visible(userId)])
    if (id !== null) rows.push(['session', visible(id)])
    if (signedInAt !== null) rows.push(['signed in', instant(signedInAt, now)])
    else if (createdAt !== null) rows.push(['began', instant(createdAt, now)])
    rows.push(['last use', `${instant(issuedAt!, now)}, when this cookie was issued`])
    if (end !== null)
      rows.push([
        outcome === 'active' || end.at > now ? 'expires' : 'expired',
        `${instant(end.at, now)}, by ${limitOf(examined, reporting)}`,
      ])
    rows.push([
      format === 'flask' ? 'permanent' : 'remember',
      remember ? 'yes, outlives the browser' : 'no, goes when the browser closes',
    ])
    if (label !== null) rows.push(['label', visible(label)])
  }
  if (format === 'flask-session' && id !== null) rows.push(['session', `${id}, as session.id, events and logs have it`])
  const bytes = Buffer.byteLength(value)
  const withName =
    name === null
      ? ''
      : `; ${(bytes + name.length).toLocaleString('en')} of ${maxCookieBytes.toLocaleString('en')} with its name`
  rows.push(['bytes', bytes.toLocaleString('en') + withName])
  if (token !== null) rows.push(['data', ...dataLines(token.data, show)])
  return rows
}

/** Which key fits; and where none does, which there are. */
function keyRows(examined: Examined, { keys }: Reporting): Row[] {
  const { format, outcome, key } = examined
  const isSealed = format === 'sealed'
  const by = isSealed ? sealedBy(examined, keys) : signedBy(examined, keys)
  if (by === null) return []
  const row: Row = [isSealed ? 'sealed by' : 'signed by', by]
  const isLost = key === null && outcome === (isSealed ? 'unknown-key' : 'forged')
  if (!isLost || isOfDevelopment(examined, keys)) return [row]
  return [row, ['keys here', ...listKeys(keys, isSealed)]]
}

function sealedBy(examined: Examined, keys: Keys): string | null {
  const { outcome, key, keyId } = examined
  if (keyId === null) return null
  if (isOfDevelopment(examined, keys)) return `${developmentKey} (key id ${keyId})`
  if (key !== null) return fittingKey(key, keys, ` (key id ${keyId})`, outcome, 'sealed')
  const named = keys.secrets.findIndex((secret) => keyIdOf(secret) === keyId)
  return named === -1
    ? `key id ${keyId}, which is not here`
    : `nothing that opens: it names ${keys.names[named]} (key id ${keyId})`
}

function signedBy({ outcome, key }: Examined, keys: Keys): string | null {
  if (key !== null) return fittingKey(key, keys, '', outcome, 'signed')
  return outcome === 'forged' ? 'none of the keys here' : null
}

function fittingKey(key: number, { names }: Keys, id: string, outcome: string, done: string): string {
  return `${names[key]}${id}${key > 0 && outcome === 'active' ? `, will be ${done} anew on its next request` : ''}`
}

/** Whether the key of development sealed it, which is not among those that it was judged by. */
const isOfDevelopment = ({ keyId }: Examined, { development }: Keys): boolean =>
  development !== null && keyIdOf(development) === keyId

function limitOf({ format, end }: Examined, { idleTimeout, idleIsAssumed, absoluteTimeout }: Reporting): string {
  if (format === 'flask' && idleIsAssumed)
    return `the ${duration(idleTimeout)} that are assumed: PERMANENT_SESSION_LIFETIME is not set here, and Flask's own default is 31 days`
  if (format === 'flask') return `PERMANENT_SESSION_LIFETIME of ${duration(idleTimeout)}`
  return end?.by === 'idle'
    ? `the idle timeout of ${duration(idleTimeout)}`
    : `the absolute timeout of ${duration(absoluteTimeout)}`
}

function dataLines(data: Texts | null, show: boolean): string[] {
  if (data === null) return ['in the store']
  const entries = Object.entries(data).map(([key, text]) => ({
    key: visible(key),
    text,
    size: counted(Buffer.byteLength(text), 'byte'),
  }))
  if (entries.length === 0) return ['none']
  const width = Math.max(...entries.map(({ key }) => key.length))
  const sizes = Math.max(...entries.map(({ size }) => size.length))
  return entries.map(
    ({ key, text, size }) => `${key.padEnd(width)}  ${size.padStart(sizes)}  ${show ? visible(text) : '••••'}`,
  )
}
