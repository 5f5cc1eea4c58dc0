import { mostBytes } from '../jar.ts'
import { json } from '../codec.ts'
import type { Texts } from '../texts.ts'
import type { Examined } from './examine.ts'
import { counted, duration, instant, table, visible, visibleJson, type Paint } from './print.ts'

/** How to report. */
export interface Reporting {
  /** Epoch milliseconds. */
  readonly now: number
  readonly show: boolean
  /** What to call the key that seals. */
  readonly firstKey: string
  readonly idleTimeout: number
  readonly absoluteTimeout: number
}

/** Browsers keep no cookie with more bytes of name and value (RFC 6265bis section 5.7). */

/** What became of a cookie, for people. */
export function reportForPeople(examined: Examined, reporting: Reporting, paint: Paint): string {
  const { outcome, words } = examined
  const { sentence, fix } = words
  const mark = outcome === 'active' ? paint.good('✓') : paint.bad('✗')
  const hints = [fix, noteOn(examined, reporting.now) ?? ''].filter((hint) => hint !== '')
  return (
    `${mark} ${paint.strong(sentence)}\n${hints.map((hint) => `  ${visible(hint)}\n`).join('')}\n` +
    table([['outcome', outcome], ...rowsOf(examined, reporting)], paint)
  )
}

/** What became of a cookie, for programs: one line of JSON. */
export function reportForPrograms(examined: Examined, { now, show }: Reporting): string {
  const { format, outcome, words, name, value, keyId, key, token, issuedAt, end, taggedJson } = examined
  return visibleJson({
    outcome,
    ...words,
    format,
    note: noteOn(examined, now),
    name,
    key,
    keyId,
    bytes: value === null ? 0 : Buffer.byteLength(value),
    id: token?.identity?.id ?? null,
    userId: token?.userId ?? null,
    issuedAt,
    signedInAt: token?.signedInAt ?? null,
    expiresAt: end?.at ?? null,
    remember: token?.remember ?? null,
    label: token?.label ?? null,
    data: token?.data == null ? null : dataOf(token.data, show),
    ...(format === 'flask' && show && { taggedJson }),
  })
}

type Row = [string, ...string[]]

function rowsOf(examined: Examined, reporting: Reporting): Row[] {
  const { format, outcome, name, value, token, issuedAt, end } = examined
  const { now, show } = reporting
  const rows: Row[] = name === null ? [] : [['cookie', visible(name)]]
  if (value === null) return rows
  const by = format === 'flask' ? signedBy(examined, reporting.firstKey) : sealedBy(examined, reporting.firstKey)
  if (by !== null) rows.push([format === 'flask' ? 'signed by' : 'sealed by', by])
  if (token !== null) {
    const { userId, identity, signedInAt, createdAt, remember, label } = token
    rows.push(['user', userId === null ? 'none, a guest' : visible(userId)])
    if (identity !== null) rows.push(['session', visible(identity.id)])
    if (signedInAt !== null) rows.push(['signed in', instant(signedInAt, now)])
    else if (createdAt !== null) rows.push(['began', instant(createdAt, now)])
    rows.push(['last use', `${instant(issuedAt!, now)}, when this cookie was issued`])
    if (end !== null)
      rows.push([
        outcome === 'active' ? 'expires' : 'expired',
        `${instant(end.at, now)}, by ${limitOf(examined, reporting)}`,
      ])
    rows.push([
      format === 'flask' ? 'permanent' : 'remember',
      remember ? 'yes, outlives the browser' : 'no, goes when the browser closes',
    ])
    if (label !== null) rows.push(['label', visible(label)])
  }
  const bytes = Buffer.byteLength(value)
  const withName =
    name === null
      ? ''
      : `; ${(bytes + name.length).toLocaleString('en')} of ${mostBytes.toLocaleString('en')} with its name`
  rows.push(['bytes', bytes.toLocaleString('en') + withName])
  if (token !== null) rows.push(['data', ...dataLines(token.data, show)])
  return rows
}

function sealedBy({ outcome, key, keyId }: Examined, firstKey: string): string | null {
  if (keyId === null) return null
  const id = `(key id ${keyId})`
  if (key === null)
    return outcome === 'unknown-key'
      ? `none of the keys here ${id}`
      : `no key fits, although it names one of those here ${id}`
  if (key === 0) return `${firstKey} ${id}`
  return `fallback ${key} ${id}${outcome === 'active' ? ', will be sealed anew on its next request' : ''}`
}

function signedBy({ outcome, key }: Examined, firstKey: string): string | null {
  if (key === 0) return firstKey
  if (key !== null) return `fallback ${key}${outcome === 'active' ? ', will be signed anew on its next request' : ''}`
  return outcome === 'forged' ? 'none of the keys here' : null
}

function limitOf({ format, end }: Examined, { idleTimeout, absoluteTimeout }: Reporting): string {
  if (format === 'flask') return `PERMANENT_SESSION_LIFETIME of ${duration(idleTimeout)}`
  return end?.by === 'idle'
    ? `the idle timeout of ${duration(idleTimeout)}`
    : `the absolute timeout of ${duration(absoluteTimeout)}`
}

function dataLines(data: Texts | null, show: boolean): string[] {
  if (data === null) return ['is in a store']
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

/** By key: the values, or how many bytes each has. */
function dataOf(data: Texts, show: boolean): object {
  const values = Object.create(null) as Record<string, unknown>
  for (const [key, text] of Object.entries(data)) values[key] = show ? valueOf(text) : Buffer.byteLength(text)
  return values
}

function valueOf(text: string): unknown {
  try {
    return json.parse(text)
  } catch {
    return text // of a codec that is not JSON
  }
}

/** What the outcome's words do not say; `null` where nothing is to be added. */
function noteOn({ format, outcome, name, tried, value, token, issuedAt }: Examined, now: number): string | null {
  if (value === null) return `This line has no cookie named ${listed(tried)}.`
  if (value === '') return 'Its value is empty, as in the Set-Cookie that deletes it at sign-out.'
  if (value.length > mostBytes) return 'It is longer than any cookie that browsers keep.'
  if (issuedAt !== null && issuedAt > now) {
    return 'It was issued ahead of this clock. See whether the clocks of your servers are right.'
  }
  if (format === 'flask' || token !== null || (outcome !== 'forged' && outcome !== 'idle')) return null
  return `What it holds cannot be told: it does not open under the name ${listed(name === null ? tried : [name])}.`
}

const listed = (names: readonly string[]): string => names.join(', ').replace(/, ([^,]*)$/, ' or $1')
