import type { Texts } from '../../core/texts.ts'
import type { Cutoff, Ending, RecordChange, SessionInfo, SessionKey, SessionRecord } from '../store.ts'
import type { Row, SqlValue } from './database.ts'

// Texts are stored with JSON's escapes, because some drivers cut a text at NUL and none stores a lone surrogate.
// A text that has a column of its own is stored without the quotes.

export const escapeColumn = (text: string): string => JSON.stringify(text).slice(1, -1)

const escapeOrNull = (text: string | null | undefined): string | null => (text == null ? null : escapeColumn(text))

/** @throws if the text is damaged */
function parseColumn(value: unknown): string {
  const text = value as string
  return text.includes('\\') ? parse(`"${text}"`) : text
}

function unescapeColumn(value: unknown): string {
  try {
    return parseColumn(value)
  } catch {
    // A damaged label must not keep the list from being shown.
    return value as string
  }
}

/** The columns of a record or an ending, in the order in which {@link decodeRecordOrEnding} takes them. */
export const recordColumns = `id, user_id, secret_hash, version, created_at, signed_in_at, last_seen_at, expires_at, remember,
  label, idle_timeout, absolute_timeout, methods, data, ended, ended_at`

/**
 * Returns the record or the ending of a row; `null` if the row is damaged, so that its session has ended.
 *
 * @param row the values of {@link recordColumns}, and the ending by an `endAll` that is unfinished
 */
export function decodeRecordOrEnding(row: readonly unknown[]): SessionRecord | Ending | null {
  const [, , , , , , , expiresAt, , , , , , , ended, endedAt, unfinishedEnding] = row
  try {
    if (ended === null) return unfinishedEnding === null ? decodeRecord(row) : parse<Ending>(unfinishedEnding)
    return endedAt === null
      ? null
      : { ended: ended as Ending['ended'], endedAt: Number(endedAt), expiresAt: Number(expiresAt) }
  } catch {
    return null
  }
}

/** @throws if a column other than the data is damaged */
function decodeRecord(row: readonly unknown[]): SessionRecord | null {
  const [id, userId, secretHash, version, createdAt, signedInAt, lastSeenAt, expiresAt, remember] = row
  const [label, idleTimeout, absoluteTimeout, methods, data] = row.slice(9)
  if (secretHash === null || data === null) return null
  return {
    id: id as string,
    secretHash: parseColumn(secretHash),
    version: Number(version),
    userId: userId === null ? null : parseColumn(userId),
    createdAt: Number(createdAt),
    signedInAt: signedInAt === null ? null : Number(signedInAt),
    lastSeenAt: Number(lastSeenAt),
    expiresAt: Number(expiresAt),
    remember: Number(remember) === 1,
    label: label === null ? null : parseColumn(label),
    idleTimeout: idleTimeout === null ? null : parse(idleTimeout),
    absoluteTimeout: absoluteTimeout === null ? null : parse(absoluteTimeout),
    methods: methods === null ? [] : parse(methods),
    data: decodeData(data as string),
  }
}

const parse = <Value>(text: unknown): Value => JSON.parse(text as string) as Value

function decodeData(text: string): Texts {
  try {
    const data = parse<Texts>(text)
    return text.includes('%') ? mapKeys(data, unescapeKey) : data
  } catch {
    // No codec can parse this text, so that only the data is unreadable.
    return { damaged: '' }
  }
}

/** Returns what `list` shows of a row. */
export function decodeInfo(row: Row): SessionInfo {
  const { signed_in_at: signedInAt, label } = row
  return {
    ...decodeKey(row),
    createdAt: Number(row['created_at']),
    signedInAt: signedInAt === null ? null : Number(signedInAt),
    lastSeenAt: Number(row['last_seen_at']),
    expiresAt: Number(row['expires_at']),
    remember: Number(row['remember']) === 1,
    label: label === null ? null : unescapeColumn(label),
    idleTimeout: decodeTimeout(row['idle_timeout']),
    absoluteTimeout: decodeTimeout(row['absolute_timeout']),
    methods: decodeMethods(row['methods']),
  }
}

export const decodeCutoff = (row: Row): { userId: string; cutoff: Cutoff } => ({
  userId: unescapeColumn(row['of_user']),
  cutoff: {
    at: Number(row['at']),
    spared: row['spared'] as string | null,
    expiresAt: Number(row['cutoff_expires_at']),
  },
})

/** Returns the values that turn a row into an ending. */
export const endingValues = ({ ended, endedAt, expiresAt }: Ending): SqlValue[] => [ended, endedAt, expiresAt]

/** Returns an ending as the JSON that `select` returns. */
export const encodeEnding = ({ ended, endedAt, expiresAt }: Ending): string =>
  JSON.stringify({ ended, endedAt, expiresAt })

export function cutoffValues(userId: string, { at, spared, expiresAt }: Cutoff): SqlValue[] {
  return [escapeColumn(userId), at, spared, expiresAt]
}

export const decodeKey = ({ id, user_id: userId }: Row): SessionKey => ({
  id: id as string,
  userId: userId === null ? null : unescapeColumn(userId),
})

// Timeouts are stored as texts, because SQLite rounds a real number when it converts it to a text.
const encodeTimeout = (seconds: number | null | undefined): string | null => (seconds == null ? null : String(seconds))
const decodeTimeout = (text: unknown): number | null => (text === null ? null : Number(text))

const encodeMethods = (methods: SessionRecord['methods'] | undefined): string | null =>
  methods === undefined || methods.length === 0 ? null : JSON.stringify(methods)

function decodeMethods(text: unknown): SessionInfo['methods'] {
  try {
    return text === null ? [] : parse(text)
  } catch {
    // Damaged methods must not keep the list from being shown.
    return []
  }
}

/** Returns the values of a key, in the order of the statements. */
export const keyValues = ({ id, userId }: SessionKey): [string, string | null] => [id, escapeOrNull(userId)]

/** Returns the values of the columns of a new row, in the order of the `insert` statement. */
export const recordValues = (record: SessionRecord): SqlValue[] => [
  record.id,
  escapeOrNull(record.userId),
  escapeColumn(record.secretHash),
  record.version,
  record.createdAt,
  record.signedInAt,
  record.lastSeenAt,
  record.expiresAt,
  Number(record.remember),
  escapeOrNull(record.label),
  encodeTimeout(record.idleTimeout),
  encodeTimeout(record.absoluteTimeout),
  encodeMethods(record.methods),
  dataText(record.data),
]

/** Returns the values of the fields that every update sets. `null` leaves a field as it is; a 1 before a value sets it, even to `null`. */
export const changeValues = (change: RecordChange): SqlValue[] => [
  change.lastSeenAt,
  change.expiresAt,
  escapeOrNull(change.secretHash),
  change.signedInAt ?? null,
  change.remember === undefined ? null : Number(change.remember),
  change.label === undefined ? 0 : 1,
  escapeOrNull(change.label),
  change.idleTimeout === undefined ? 0 : 1,
  encodeTimeout(change.idleTimeout),
  change.absoluteTimeout === undefined ? 0 : 1,
  encodeTimeout(change.absoluteTimeout),
  change.methods === undefined ? null : JSON.stringify(change.methods),
]

const dataText = (data: Texts): string => JSON.stringify(mapKeys(data, escapeKey))

/**
 * Returns the change of the data as a JSON Merge Patch (RFC 7396), or `null` if no key changes. A value of `null` removes
 * a key, which is never ambiguous because all values are texts.
 */
export function buildMergePatch({ set, unset }: RecordChange): string | null {
  const removed = Object.fromEntries(unset.map((key) => [key, null]))
  const patch = JSON.stringify(mapKeys({ ...removed, ...set }, escapeKey))
  return patch === '{}' ? null : patch
}

// Object.fromEntries, because an assignment to the key `__proto__` would be lost.
const mapKeys = <Value>(
  texts: Readonly<Record<string, Value>>,
  mapKey: (key: string) => string,
): Record<string, Value> => Object.fromEntries(Object.entries(texts).map(([key, value]) => [mapKey(key), value]))

/** Escapes the characters of a key that JSON would escape, because SQLite 3.45 takes `""` and `"\u0000"` for the same key. */
const escapeKey = (key: string): string =>
  // oxlint-disable-next-line no-control-regex
  key.replaceAll(/[\0-\x1f"\\%]|\p{Cs}/gu, (unit) => `%${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

const unescapeKey = (escaped: string): string =>
  escaped.replaceAll(/%(.{4})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
