import type { Texts } from '../../core/texts.ts'
import { isEnding, type Ending, type RecordChange, type SessionInfo, type SessionRecord } from '../store.ts'
import type { Row } from './connection.ts'

// Texts are kept in JSON's spelling, without the quotes where they have a column of their own: some drivers cut a text
// at NUL, and none carries half a surrogate pair.

export const escapeColumn = (text: string): string => JSON.stringify(text).slice(1, -1)

const unescapeColumn = (value: unknown): string =>
  (value as string).includes('\\') ? (JSON.parse(`"${value as string}"`) as string) : (value as string)

/** What a row holds, as JSON, put together by SQLite: to hand over one text is a third cheaper than a value for each column. */
export const recordOrEndingSql = `CASE WHEN ended IS NULL THEN '{"id":"' || id || '","secretHash":"' || secret_hash || '","version":' || version
  || ',"userId":' || COALESCE('"' || user_id || '"', 'null') || ',"createdAt":' || created_at
  || ',"signedInAt":' || COALESCE(signed_in_at, 'null') || ',"lastSeenAt":' || last_seen_at || ',"expiresAt":' || expires_at
  || ',"remember":' || CASE remember WHEN 1 THEN 'true' ELSE 'false' END
  || ',"label":' || COALESCE('"' || label || '"', 'null') || ',"data":' || data || '}'
  ELSE '{"ended":"' || ended || '","endedAt":' || ended_at || ',"expiresAt":' || expires_at || '}' END AS found`

/** What a row holds. */
export function decodeRecordOrEnding(row: Row): SessionRecord | Ending {
  const text = row['found'] as string
  const record = JSON.parse(text) as SessionRecord | Ending
  if (isEnding(record) || !text.includes('%')) return record
  return { ...record, data: mapKeys(record.data, unescapeKey) }
}

/** What is listed of a row. */
export function decodeInfo(row: Row): SessionInfo {
  const { user_id: userId, signed_in_at: signedInAt, label } = row
  return {
    id: row['id'] as string,
    userId: userId === null ? null : unescapeColumn(userId),
    createdAt: Number(row['created_at']),
    signedInAt: signedInAt === null ? null : Number(signedInAt),
    lastSeenAt: Number(row['last_seen_at']),
    expiresAt: Number(row['expires_at']),
    remember: Number(row['remember']) === 1,
    label: label === null ? null : unescapeColumn(label),
  }
}

/** Data as JSON. */
export const dataText = (data: Texts): string => JSON.stringify(mapKeys(data, escapeKey))

/** A change of the data as JSON Merge Patch (RFC 7396): every value is a text, and `null` removes. */
export function buildMergePatch({ set, unset }: RecordChange): string | null {
  const removed = Object.fromEntries(unset.map((key) => [key, null]))
  const patch = JSON.stringify(mapKeys({ ...removed, ...set }, escapeKey))
  return patch === '{}' ? null : patch
}

// Entries, since `__proto__` is a key like any other.
const mapKeys = <Value>(
  texts: Readonly<Record<string, Value>>,
  mapKey: (key: string) => string,
): Record<string, Value> => Object.fromEntries(Object.entries(texts).map(([key, value]) => [mapKey(key), value]))

/** A key without what JSON escapes: SQLite 3.45 takes `""` and `"\u0000"` for the same one. */
const escapeKey = (key: string): string =>
  // oxlint-disable-next-line no-control-regex
  key.replaceAll(/[\0-\x1f"\\%]|\p{Cs}/gu, (unit) => `%${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

const unescapeKey = (escaped: string): string =>
  escaped.replaceAll(/%(.{4})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
