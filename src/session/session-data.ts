import { isPlainObject, jsonCodec, type Codec } from '../core/codec.ts'
import { SojournError } from '../core/errors.ts'
import { validateData, type Schema } from './schema.ts'
import { putText, textOf, type Texts } from '../core/texts.ts'

/**
 * What a session holds, in memory: the texts as they came, and the values once somebody asked for them. Values are parsed
 * when first asked for and compared as texts at the end, so that a change at any depth is noticed and nothing else is.
 */
export interface SessionDataState {
  readonly texts: Texts
  readonly codec: Codec
  readonly schema: Schema | null
  /** Whether there is room to keep what could not be read. */
  readonly hasStore: boolean
  /** The texts of the values as they were given out: what a schema adds, such as a default, is no change. */
  baseline: Texts
  values: Record<string, unknown> | null
  /** Keys of long texts that nobody has asked for yet. */
  unparsed: Set<string> | null
  /** Messages left in this request, by key. */
  newFlashes: Record<string, string> | null
  /** Whether the messages that came were taken. */
  flashesTaken: boolean
  /** Whether the texts turned out not to be readable. They are kept until something is written in their place. */
  unreadable: boolean
}

/** Keys of messages, and of what was once data and could not be read. */
export const flashPrefix = 'flash.'
const quarantinePrefix = 'aside.'

/** Whether a key is the application's. */
const isDataKey = (key: string): boolean => !key.startsWith(flashPrefix) && !key.startsWith(quarantinePrefix)

export function createDataState(
  texts: Texts,
  { codec, schema, hasStore }: Pick<SessionDataState, 'codec' | 'schema' | 'hasStore'>,
): SessionDataState {
  return {
    texts,
    codec,
    schema,
    hasStore,
    baseline: texts,
    values: null,
    unparsed: null,
    newFlashes: null,
    flashesTaken: false,
    unreadable: false,
  }
}

/** The values. Without a prototype, so that `__proto__` is a key like any other. */
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

/** From how many characters on a text is parsed only when its key is asked for. */
const lazyParseMinChars = 200

/** What `console.log` asks an object for. */
const inspectSymbol = Symbol.for('nodejs.util.inspect.custom')

/** Puts a value in its place, or what parses it there: a long one that is neither read nor changed costs nothing. */
function defineLazyValue(state: SessionDataState, values: Record<string, unknown>, key: string, text: string): void {
  // A codec of others may refuse a text, which is told before the application sees any of them; a schema looks at all.
  if (text.length < lazyParseMinChars || state.codec !== jsonCodec || state.schema !== null) {
    values[key] = state.codec.parse(text)
    return
  }
  if (state.unparsed === null) Object.defineProperty(values, inspectSymbol, { value: () => ({ ...values }) })
  const unparsed = (state.unparsed ??= new Set())
  unparsed.add(key)
  let value: unknown
  Object.defineProperty(values, key, {
    enumerable: true,
    configurable: true,
    get() {
      if (!unparsed.delete(key)) return value
      try {
        value = jsonCodec.parse(text)
      } catch {
        state.unreadable = true
      }
      return value
    },
    set(assigned: unknown) {
      if (Object.isFrozen(values)) throw new TypeError(`session.data is frozen since its commit, ${key} too.`)
      unparsed.delete(key)
      value = assigned
    },
  })
}

/** Whether a value is as it came, since nobody asked for it, deleted it or put another in its place. */
function isUnparsed({ values, unparsed }: SessionDataState, key: string): boolean {
  return unparsed?.has(key) === true && Object.getOwnPropertyDescriptor(values, key)?.get !== undefined
}

function parseAll(state: SessionDataState): Record<string, unknown> {
  const values = Object.create(null) as Record<string, unknown>
  for (const key of Object.keys(state.texts)) if (isDataKey(key)) defineLazyValue(state, values, key, state.texts[key]!)
  return values
}

/** The values as the schema has them; of those that do not fit it, what it makes of an empty session. */
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

/** Whether there are texts that cannot be read. */
export function isUnreadable(state: SessionDataState): boolean {
  valuesOf(state)
  return state.unreadable
}

/** Replaces the values. @throws `ERR_DATA` for what is no object */
export function replaceValues(state: SessionDataState, values: object): void {
  if (!isPlainObject(values)) {
    throw new SojournError(
      'ERR_DATA',
      'session.data is a plain object of values by key. To empty it: session.data = {}',
    )
  }
  // Read first, to know what a schema leaves out, and what cannot be read.
  valuesOf(state)
  state.values = Object.assign(Object.create(null), values)
  state.unparsed = null
}

/** Keeps these keys of the values, and all messages. */
export function pickKeys(state: SessionDataState, keys: readonly string[]): void {
  const values = valuesOf(state)
  for (const key of Object.keys(values)) if (!keys.includes(key)) delete values[key]
}

/** What became of the contents: keys to write, and keys to remove. */
export interface DataChange {
  readonly set: Record<string, string>
  readonly unset: readonly string[]
}

/** What changed, or `null` when nothing did. @throws `ERR_DATA` for what cannot be kept */
export function dataChangeOf(state: SessionDataState): DataChange | null {
  const { texts, codec, schema, values, newFlashes, flashesTaken, unreadable, baseline } = state
  if (values === null && newFlashes === null && !flashesTaken) return null
  const set: Record<string, string> = {}
  for (const key in values) {
    if (isUnparsed(state, key)) continue
    const value = values[key]
    if (value === undefined) continue
    if (!isDataKey(key)) throw reservedKeyError(key)
    const text = codec.stringify(value, key, textOf(texts, key))
    if (text !== textOf(baseline, key)) putText(set, key, text)
  }
  const isChanged = Object.keys(set).length > 0
  const unset = Object.keys(texts).filter((key) => {
    if (!isDataKey(key)) return key.startsWith(flashPrefix) && flashesTaken
    // What a schema leaves out is not its session's to remove.
    const isInBaseline = schema === null || textOf(baseline, key) !== undefined
    return (
      values !== null && (unreadable ? isChanged : isInBaseline) && !isUnparsed(state, key) && values[key] === undefined
    )
  })
  if (schema !== null && (isChanged || unset.some(isDataKey))) checkAgainstSchema(schema, values!)
  if (unreadable && isChanged && state.hasStore) quarantine(texts, set)
  for (const key in newFlashes) set[key] = newFlashes[key]!
  return unset.length > 0 || Object.keys(set).length > 0 ? { set, unset } : null
}

/** Keeps what could not be read, for who looks into it, in place of what was kept so before. */
function quarantine(texts: Texts, set: Record<string, string>): void {
  for (const key of Object.keys(texts)) if (isDataKey(key)) set[quarantinePrefix + key] = texts[key]!
}

function checkAgainstSchema(schema: Schema, values: object): void {
  const result = validateData(schema, values)
  if ('issue' in result)
    throw new SojournError('ERR_DATA', `The schema does not accept what the session holds. ${result.issue}`)
}

/** The keys that differ from what a store has, after a change of those that did. */
export function mergeChangedKeys(changed: readonly string[], change: DataChange | null): readonly string[] {
  return change === null ? changed : [...new Set([...changed, ...Object.keys(change.set), ...change.unset])]
}

/** The texts after a change. */
export function applyDataChange(texts: Texts, change: DataChange | null): Texts {
  if (change === null) return texts
  const changed: Record<string, string> = { ...texts, ...change.set }
  for (const key of change.unset) delete changed[key]
  return changed
}

function reservedKeyError(key: string): SojournError {
  const [prefix] = key.split('.')
  return new SojournError(
    'ERR_DATA',
    `Keys that begin with '${prefix}.' are the library's own. For messages there is session.flash(category, message).`,
  )
}
