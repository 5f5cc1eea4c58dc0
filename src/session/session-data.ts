import { isPlainObject } from '../core/codec.ts'
import { SojournError } from '../core/errors.ts'
import { putText, textOf } from '../core/texts.ts'
import { isDataKey, type SessionDataState } from './data-state.ts'
import { defineLazyValue } from './lazy-values.ts'
import { validateData, type Schema } from './schema.ts'

/** Returns the values. The object has no prototype, so that `__proto__` is an ordinary key. */
export function valuesOf(state: SessionDataState): Record<string, unknown> {
  if (state.values !== null) return state.values
  try {
    state.values = parseAll(state)
  } catch {
    state.unreadable = true
    state.baseline = {}
  }
  if (state.schema !== null) state.values = applySchema(state, state.schema)
  return (state.values ??= Object.create(null) as Record<string, unknown>)
}

function parseAll(state: SessionDataState): Record<string, unknown> {
  const values = Object.create(null) as Record<string, unknown>
  for (const key of Object.keys(state.texts)) if (isDataKey(key)) defineLazyValue(state, values, key, state.texts[key]!)
  return values
}

/** Returns the schema's output. If the values do not match the schema, returns its output for an empty session. */
function applySchema(state: SessionDataState, schema: Schema): Record<string, unknown> {
  let result = validateData(schema, state.values ?? {})
  if ('issue' in result) {
    state.unreadable = true
    result = validateData(schema, {})
  }
  const values: Record<string, unknown> = Object.assign(Object.create(null), 'value' in result ? result.value : {})
  const baseline: Record<string, string> = {}
  for (const key of Object.keys(values)) {
    if (values[key] !== undefined)
      putText(baseline, key, state.codec.stringify(values[key], key, textOf(state.texts, key)))
  }
  state.baseline = baseline
  return values
}

/** Returns the names of the values, without parsing them. */
export function dataKeysOf({ values, texts }: SessionDataState): string[] {
  return values === null ? Object.keys(texts).filter(isDataKey) : Object.keys(values)
}

/** Whether the texts cannot be parsed, or do not match the schema. */
export function isUnreadable(state: SessionDataState): boolean {
  valuesOf(state)
  return state.unreadable
}

/** Replaces the values. @throws `ERR_DATA` if they are not a plain object */
export function replaceValues(state: SessionDataState, values: object): void {
  if (!isPlainObject(values)) {
    throw new SojournError(
      'ERR_DATA',
      'session.data must be a plain object of values by key. To empty it: session.data = {}',
    )
  }
  // Parse the received texts first: the commit must know which keys the schema omits, and whether the texts are unreadable.
  valuesOf(state)
  state.values = Object.assign(Object.create(null), values)
  state.unparsed = null
}

/** Deletes all values except those of these keys. Messages remain. */
export function pickKeys(state: SessionDataState, keys: readonly string[]): void {
  const values = valuesOf(state)
  for (const key of Object.keys(values)) if (!keys.includes(key)) delete values[key]
}
