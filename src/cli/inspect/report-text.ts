import { maxCookieBytes } from '../../cookies/cookie-jar.ts'
import type { Outcome } from '../../core/outcome.ts'
import { formatData } from '../session-data.ts'
import { developmentKeyName, keyIdOf, listKeys, type Keys } from '../keys.ts'
import { escapeHidden, formatDuration, formatInstant, formatTable, type Paint } from '../terminal.ts'
import type { DecodedLine } from './decode-line.ts'
import { limitationOf, noteFor } from './outcome-text.ts'
import type { DecodedCookie } from './types.ts'

/** The settings of a report. */
export interface ReportOptions {
  /** Epoch milliseconds. */
  readonly now: number
  readonly show: boolean
  readonly keys: Keys
  readonly idleTimeout: number
  /** Whether the idle timeout is a default, because neither option nor variable sets it. */
  readonly idleIsAssumed: boolean
  readonly absoluteTimeout: number
}

/** Formats the report for users. */
export function formatTextReport(examined: DecodedLine, reporting: ReportOptions, paint: Paint): string {
  const { outcome, explanation, alsoHere, ambiguousParts } = examined
  const hints = [explanation.fix, noteFor(examined, reporting.now) ?? ''].filter((hint) => hint !== '')
  const rows = reportRows(examined, reporting)
  if (alsoHere.length > 0)
    rows.push(['also here', ...alsoHere.map(({ name, outcome }) => `${escapeHidden(name)}, ${outcome}`)])
  const blocks = ambiguousParts.map(
    (one, index) =>
      `\n  ${paint.strong(`${index + 1} of ${ambiguousParts.length}`)}\n${formatTable(reportRows(one, reporting), paint)}`,
  )
  const limit = limitationOf(examined)
  return (
    `${outcomeMark(outcome, paint)} ${paint.strong(explanation.sentence)}\n${formatHints(hints)}\n${formatTable(rows, paint)}${blocks.join('')}` +
    (limit === null ? '' : `\n${formatHints([limit])}`)
  )
}

const formatHints = (hints: readonly string[]): string => hints.map((hint) => `  ${escapeHidden(hint)}\n`).join('')

function outcomeMark(outcome: Outcome, paint: Paint): string {
  if (outcome === 'active') return paint.good('✓')
  return outcome === 'unavailable' ? '?' : paint.bad('✗')
}

type ReportRow = [string, ...string[]]

function reportRows(examined: DecodedCookie, reporting: ReportOptions): ReportRow[] {
  const { format, outcome, name, value, id, token, issuedAt, end, ambiguousParts } = examined
  const { now, show } = reporting
  const rows: ReportRow[] = [['outcome', outcome]]
  if (name !== null) rows.push(['cookie', escapeHidden(name)])
  // Different sessions have no rows in common.
  if (value === null || ambiguousParts.length > 0) return rows
  rows.push(...keyRows(examined, reporting))
  if (token !== null) {
    const { userId, signedInAt, createdAt, remember, label } = token
    rows.push(['user', userId === null ? 'guest' : escapeHidden(userId)])
    if (id !== null) rows.push(['session', escapeHidden(id)])
    if (signedInAt !== null) rows.push(['signed in', formatInstant(signedInAt, now)])
    else if (createdAt !== null) rows.push(['began', formatInstant(createdAt, now)])
    rows.push(['last use', `${formatInstant(issuedAt!, now)}, when this cookie was issued`])
    if (end !== null)
      rows.push([
        outcome === 'active' || end.at > now ? 'expires' : 'expired',
        `${formatInstant(end.at, now)}, by ${describeLimit(examined, reporting)}`,
      ])
    rows.push([
      format === 'flask' ? 'permanent' : 'remember',
      remember ? 'yes, remains when the browser closes' : 'no, ends when the browser closes',
    ])
    if (label !== null) rows.push(['label', escapeHidden(label)])
  }
  if (format === 'flask-session' && id !== null) rows.push(['session', `${id}, as in session.id, events and logs`])
  const bytes = Buffer.byteLength(value)
  const withName =
    name === null
      ? ''
      : `; ${(bytes + name.length).toLocaleString('en')} of ${maxCookieBytes.toLocaleString('en')} including its name`
  rows.push(['bytes', bytes.toLocaleString('en') + withName])
  if (token !== null) rows.push(['data', ...formatData(token.data, show)])
  return rows
}

/** Returns rows for the key that fits. If none fits, also lists the keys here. */
function keyRows(examined: DecodedCookie, { keys }: ReportOptions): ReportRow[] {
  const { format, outcome, key } = examined
  const isSealed = format === 'sealed'
  const by = isSealed ? describeSealingKey(examined, keys) : describeSigningKey(examined, keys)
  if (by === null) return []
  const row: ReportRow = [isSealed ? 'sealed by' : 'signed by', by]
  const isLost = key === null && outcome === (isSealed ? 'unknown-key' : 'forged')
  if (!isLost || isDevelopmentKey(examined, keys)) return [row]
  return [row, ['keys here', ...listKeys(keys, isSealed)]]
}

function describeSealingKey(examined: DecodedCookie, keys: Keys): string | null {
  const { outcome, key, keyId } = examined
  if (keyId === null) return null
  if (isDevelopmentKey(examined, keys)) return `${developmentKeyName} (key id ${keyId})`
  if (key !== null) return describeKey(key, keys, ` (key id ${keyId})`, outcome, 'sealed')
  const named = keys.secrets.findIndex((secret) => keyIdOf(secret) === keyId)
  return named === -1
    ? `key id ${keyId}, which is not one of the keys here`
    : `key id ${keyId} (${keys.names[named]}), but the seal is not valid`
}

function describeSigningKey({ outcome, key }: DecodedCookie, keys: Keys): string | null {
  if (key !== null) return describeKey(key, keys, '', outcome, 'signed')
  return outcome === 'forged' ? 'none of the keys here' : null
}

function describeKey(key: number, { names }: Keys, id: string, outcome: string, participle: string): string {
  return `${names[key]}${id}${key > 0 && outcome === 'active' ? `, will be ${participle} with the new key on its next request` : ''}`
}

/** Whether the development key sealed the cookie, although the application has other keys. */
const isDevelopmentKey = ({ keyId }: DecodedCookie, { development }: Keys): boolean =>
  development !== null && keyIdOf(development) === keyId

function describeLimit(
  { format, end }: DecodedCookie,
  { idleTimeout, idleIsAssumed, absoluteTimeout }: ReportOptions,
): string {
  if (format === 'flask' && idleIsAssumed)
    return `an assumed lifetime of ${formatDuration(idleTimeout)}: PERMANENT_SESSION_LIFETIME is not set here, and Flask's own default is 31 days`
  if (format === 'flask') return `PERMANENT_SESSION_LIFETIME of ${formatDuration(idleTimeout)}`
  return end?.by === 'idle'
    ? `the idle timeout of ${formatDuration(idleTimeout)}`
    : `the absolute timeout of ${formatDuration(absoluteTimeout)}`
}
