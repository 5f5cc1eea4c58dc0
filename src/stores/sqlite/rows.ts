import { isEnding, type Ending, type RecordChange, type SessionInfo, type SessionRecord } from '../store.ts'
import type { Texts } from '../../core/texts.ts'
import type { Row } from './connection.ts'

// Texts are kept in JSON's spelling, without the quotes where they have a column of their own: some drivers cut a text
// at NUL, and none carries half a surrogate pair.

export const inColumn = (text: string): string => JSON.stringify(text).slice(1, -1)

const outOfColumn = (value: unknown): string =>
  (value as string).includes('\\') ? (JSON.parse(`"${value as string}"`) as string) : (value as string)

/** What a row holds, as JSON, put together by SQLite: to hand over one text is a third cheaper than a value for each column. */
export const found = `CASE WHEN ended IS NULL THEN '{"id":"' || id || '","secretHash":"' || secret_hash || '","version":' || version
  || ',"userId":' || COALESCE('"' || user_id || '"', 'null') || ',"createdAt":' || created_at
  || ',"signedInAt":' || COALESCE(signed_in_at, 'null') || ',"lastSeenAt":' || last_seen_at || ',"expiresAt":' || expires_at
  || ',"remember":' || CASE remember WHEN 1 THEN 'true' ELSE 'false' END
  || ',"label":' || COALESCE('"' || label || '"', 'null') || ',"data":' || data || '}'
  ELSE '{"ended":"' || ended || '","endedAt":' || ended_at || ',"expiresAt":' || expires_at || '}' END AS found`

/** What a row holds. */
export function foundIn(row: Row): SessionRecord | Ending {
  const text = row['found'] as string
  const record = JSON.parse(text) as SessionRecord | Ending
  if (isEnding(record) || !text.includes('%')) return record
  return { ...record, data: mapKeys(record.data, keyOf) }
}

/** What is listed of a row. */
export function infoIn(row: Row): SessionInfo {
  const { user_id: userId, signed_in_at: signedInAt, label } = row
  return {
    id: row['id'] as string,
    userId: userId === null ? null : outOfColumn(userId),
    createdAt: Number(row['created_at']),
    signedInAt: signedInAt === null ? null : Number(signedInAt),
    lastSeenAt: Number(row['last_seen_at']),
    expiresAt: Number(row['expires_at']),
    remember: Number(row['remember']) === 1,
    label: label === null ? null : outOfColumn(label),
  }
}

/** Data as JSON. */
export const dataText = (data: Texts): string => JSON.stringify(mapKeys(data, plainKey))

/** A change of the data as JSON Merge Patch (RFC 7396): every value is a text, and `null` removes. */
export function mergePatch({ set, unset }: RecordChange): string | null {
  const removed = Object.fromEntries(unset.map((key) => [key, null]))
  const patch = JSON.stringify(mapKeys({ ...removed, ...set }, plainKey))
  return patch === '{}' ? null : patch
}

// Entries, since `__proto__` is a key like any other.
const mapKeys = <Value>(
  texts: Readonly<Record<string, Value>>,
  spell: (key: string) => string,
): Record<string, Value> => Object.fromEntries(Object.entries(texts).map(([key, value]) => [spell(key), value]))

/** A key without what JSON escapes: SQLite 3.45 takes `""` and `"\u0000"` for the same one. */
const plainKey = (key: string): string =>
  // oxlint-disable-next-line no-control-regex
  key.replaceAll(/[\0-\x1f"\\%]|\p{Cs}/gu, (unit) => `%${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

const keyOf = (spelled: string): string =>
  spelled.replaceAll(/%(.{4})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
