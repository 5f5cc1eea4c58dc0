import type { SessionRecord } from '../store.ts'
import { spelled, unspelled } from '../shared/escape-text.ts'

// A row comes as one text of JSON that Postgres puts together, and goes as one: drivers disagree on how a bigint, a boolean
// or jsonb comes and goes, and applications change it.

const info = ['id', 'userId', 'createdAt', 'signedInAt', 'lastSeenAt', 'expiresAt', 'remember', 'label']
const record = [...info, 'secretHash', 'version', 'data']

const columnOf = (field: string): string => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const jsonOf = (fields: string[]): string =>
  `json_build_object(${fields.map((field) => `'${field}', ${columnOf(field)}`).join()})`

/** The columns of a record. */
export const columns = record.map(columnOf).join()

/** What is listed of a row. */
export const listed = `${jsonOf(info)}::text AS told`

/** What a row holds, with its id, which an ending does not name. */
export const found =
  `json_build_array(id, CASE WHEN ended IS NULL THEN ${jsonOf(record)} ` +
  `ELSE ${jsonOf(['ended', 'endedAt', 'expiresAt'])} END)::text AS told`

/** A record as JSON by its columns. */
export const rowText = (record: SessionRecord): string =>
  jsonText(Object.fromEntries(Object.entries(record).map(([field, value]) => [columnOf(field), value])))

/** JSON that Postgres keeps to the letter. */
export const jsonText = (value: object): string => JSON.stringify(respelled(value, spelled))

/** What came of such JSON, as it was before. */
export const restored = <Value>(value: Value): Value => respelled(value, unspelled)

function respelled<Value>(value: Value, spell: (text: string) => string): Value
function respelled(value: unknown, spell: (text: string) => string): unknown {
  if (typeof value === 'string') return spell(value)
  if (typeof value !== 'object' || value === null) return value
  // Entries, since `__proto__` is a key like any other.
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [spell(key), respelled(each, spell)]))
}

/** Names as a literal of `text[]`. */
export const arrayText = (names: readonly string[]): string =>
  `{${names.map((name) => `"${name.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join()}}`
