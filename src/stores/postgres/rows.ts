import { escapeText, unescapeText } from '../shared/escape-text.ts'
import type { SessionRecord } from '../store.ts'

// A row comes as one text of JSON that Postgres puts together, and goes as one: drivers disagree on how a bigint, a boolean
// or jsonb comes and goes, and applications change it.

const infoFieldNames = ['id', 'userId', 'createdAt', 'signedInAt', 'lastSeenAt', 'expiresAt', 'remember', 'label']
const recordFieldNames = [...infoFieldNames, 'secretHash', 'version', 'data']

const columnName = (field: string): string => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const jsonObjectSql = (fields: string[]): string =>
  `json_build_object(${fields.map((field) => `'${field}', ${columnName(field)}`).join()})`

/** The columns of a record. */
export const recordColumns = recordFieldNames.map(columnName).join()

/** What is listed of a row. */
export const infoSql = `${jsonObjectSql(infoFieldNames)}::text AS told`

/** What a row holds, with its id, which an ending does not name. */
export const recordOrEndingSql =
  `json_build_array(id, CASE WHEN ended IS NULL THEN ${jsonObjectSql(recordFieldNames)} ` +
  `ELSE ${jsonObjectSql(['ended', 'endedAt', 'expiresAt'])} END)::text AS told`

/** A record as JSON by its columns. */
export const rowText = (record: SessionRecord): string =>
  jsonText(Object.fromEntries(Object.entries(record).map(([field, value]) => [columnName(field), value])))

/** JSON that Postgres keeps to the letter. */
export const jsonText = (value: object): string => JSON.stringify(mapTexts(value, escapeText))

/** What came of such JSON, as it was before. */
export const unescapeTexts = <Value>(value: Value): Value => mapTexts(value, unescapeText)

function mapTexts<Value>(value: Value, mapText: (text: string) => string): Value
function mapTexts(value: unknown, mapText: (text: string) => string): unknown {
  if (typeof value === 'string') return mapText(value)
  if (typeof value !== 'object' || value === null) return value
  // Entries, since `__proto__` is a key like any other.
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [mapText(key), mapTexts(each, mapText)]))
}

/** Names as a literal of `text[]`. */
export const arrayLiteral = (names: readonly string[]): string =>
  `{${names.map((name) => `"${name.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join()}}`
