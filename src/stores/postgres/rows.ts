import { escapeText, unescapeText } from '../shared/escape-text.ts'
import type { Ending, Held, RecordChange, SessionKey, SessionRecord } from '../store.ts'
import type { Value } from './types.ts'

// Each row is read and written as one JSON text that Postgres builds or parses. Drivers convert bigint, boolean and jsonb
// differently, and applications can change that conversion.

const infoFieldNames = [
  'id',
  'userId',
  'createdAt',
  'signedInAt',
  'lastSeenAt',
  'expiresAt',
  'remember',
  'label',
  'idleTimeout',
  'absoluteTimeout',
  'methods',
]
const recordFieldNames = [...infoFieldNames, 'secretHash', 'version', 'data']

const toColumnName = (field: string): string => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const columnNames = new Map(recordFieldNames.map((field) => [field, toColumnName(field)]))
const columnName = (field: string): string => columnNames.get(field) ?? toColumnName(field)

const jsonObjectSql = (fields: string[]): string =>
  `json_build_object(${fields.map((field) => `'${field}', ${columnName(field)}`).join()})`

/** The columns of a record, separated by commas. */
export const recordColumns = recordFieldNames.map(columnName).join()

/** Selects what `list` shows of a row. */
export const infoSql = `${jsonObjectSql(infoFieldNames)}::text AS result`

/** Selects the key of a row, and the record or the ending. */
export const recordOrEndingSql =
  `json_build_array(id, user_id, CASE WHEN ended IS NULL THEN ${jsonObjectSql(recordFieldNames)} ` +
  `ELSE ${jsonObjectSql(['ended', 'endedAt', 'expiresAt'])} END)`

/** A row that {@link recordOrEndingSql} selects. */
export type RecordRow = readonly [id: string, userId: string | null, recordOrEnding: SessionRecord | Ending]

/** Returns a record as a JSON object whose keys are the columns' names. */
export function recordText(record: SessionRecord): string {
  const row: Record<string, unknown> = {}
  // A record of an older format lacks some fields.
  for (const [field, column] of columnNames)
    row[column] = record[field as keyof SessionRecord] ?? (field === 'methods' ? [] : null)
  return jsonText(row)
}

const rowText = (fields: object): string =>
  jsonText(Object.fromEntries(Object.entries(fields).map(([field, value]) => [columnName(field), value])))

/** Returns JSON whose texts Postgres can store exactly: `jsonb` rejects NUL and lone surrogates, so they are escaped. */
function jsonText(value: object): string {
  const text = JSON.stringify(value)
  // JSON.stringify writes these characters as \u and four digits, and so it does few others.
  return text.includes(String.raw`\u`) ? JSON.stringify(mapTexts(value, escapeText)) : text
}

/** Reverts the escapes of {@link jsonText} in a parsed value. */
export const unescapeTexts = <Value>(value: Value): Value => mapTexts(value, unescapeText)

function mapTexts<Value>(value: Value, mapText: (text: string) => string): Value
function mapTexts(value: unknown, mapText: (text: string) => string): unknown {
  if (typeof value === 'string') return mapText(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((each: unknown) => mapTexts(each, mapText))
  // Object.fromEntries, because an assignment to the key `__proto__` would be lost.
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [mapText(key), mapTexts(each, mapText)]))
}

/** Returns the values of the `update` statement. */
export function updateValues(
  { id, userId }: SessionKey,
  { secretHash, version }: Held,
  change: RecordChange,
  deadline: number | null,
): Value[] {
  const { set, unset, lastSeenAt, expiresAt } = change
  const changesData = unset.length > 0 || Object.keys(set).length > 0
  const versions = [change.version, changesData ? 1 : 0]
  return [
    arrayLiteral([id, deadline, userId, secretHash, version, lastSeenAt, expiresAt, ...versions]),
    arrayLiteral(unset),
    jsonText(set),
    changedFields(change),
  ]
}

/** Returns the other fields that change as a JSON object whose keys are the columns' names; `null` if none does. */
function changedFields(change: RecordChange): string | null {
  const { secretHash, signedInAt, remember, label, idleTimeout, absoluteTimeout, methods } = change
  const fields = { secretHash, signedInAt, remember, label, idleTimeout, absoluteTimeout, methods }
  return Object.values(fields).every((value) => value === undefined) ? null : rowText(fields)
}

/** Returns values as a literal of the type `text[]`. */
export const arrayLiteral = (values: readonly Value[]): string => `{${values.map(quoteElement).join()}}`

function quoteElement(value: Value): string {
  if (value == null) return 'NULL'
  const text = String(value)
  return `"${text.includes('"') || text.includes('\\') ? text.replaceAll(/["\\]/g, String.raw`\$&`) : text}"`
}
