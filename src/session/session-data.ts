import { isPlainObject, json, type Codec } from '../core/codec.ts'
import { SojournError } from '../core/errors.ts'
import { validated, type Schema } from './schema.ts'
import { putText, textOf, type Texts } from '../core/texts.ts'

/**
 * What a session holds, in memory: the texts as they came, and the values once somebody asked for them. Values are parsed
 * when first asked for and compared as texts at the end, so that a change at any depth is noticed and nothing else is.
 */
export interface Contents {
  readonly texts: Texts
  readonly codec: Codec
  readonly schema: Schema | null
  /** Whether there is room to keep what could not be read. */
  readonly hasStore: boolean
  /** The texts of the values as they were given out: what a schema adds, such as a default, is no change. */
  given: Texts
  values: Record<string, unknown> | null
  /** Keys of long texts that nobody has asked for yet. */
  unread: Set<string> | null
  /** Messages left in this request, by key. */
  left: Record<string, string> | null
  /** Whether the messages that came were taken. */
  taken: boolean
  /** Whether the texts turned out not to be readable. They are kept until something is written in their place. */
  unreadable: boolean
}

/** Keys of messages, and of what was once data and could not be read. */
export const flashPrefix = 'flash.'
const asidePrefix = 'aside.'

/** Whether a key is the application's. */
const isData = (key: string): boolean => !key.startsWith(flashPrefix) && !key.startsWith(asidePrefix)

export function createContents(
  texts: Texts,
  { codec, schema, hasStore }: Pick<Contents, 'codec' | 'schema' | 'hasStore'>,
): Contents {
  return {
    texts,
    codec,
    schema,
    hasStore,
    given: texts,
    values: null,
    unread: null,
    left: null,
    taken: false,
    unreadable: false,
  }
}

/** The values. Without a prototype, so that `__proto__` is a key like any other. */
export function valuesOf(contents: Contents): Record<string, unknown> {
  if (contents.values !== null) return contents.values
  try {
    contents.values = parsed(contents)
  } catch {
    contents.unreadable = true
    contents.given = {}
  }
  if (contents.schema !== null) contents.values = fitted(contents, contents.schema)
  return (contents.values ??= Object.create(null) as Record<string, unknown>)
}

/** From how many characters on a text is parsed only when its key is asked for. */
const long = 200

/** What `console.log` asks an object for. */
const inspection = Symbol.for('nodejs.util.inspect.custom')

/** Puts a value in its place, or what parses it there: a long one that is neither read nor changed costs nothing. */
function lay(contents: Contents, values: Record<string, unknown>, key: string, text: string): void {
  // A codec of others may refuse a text, which is told before the application sees any of them; a schema looks at all.
  if (text.length < long || contents.codec !== json || contents.schema !== null) {
    values[key] = contents.codec.parse(text)
    return
  }
  if (contents.unread === null) Object.defineProperty(values, inspection, { value: () => ({ ...values }) })
  const unread = (contents.unread ??= new Set())
  unread.add(key)
  let value: unknown
  Object.defineProperty(values, key, {
    enumerable: true,
    configurable: true,
    get() {
      if (!unread.delete(key)) return value
      try {
        value = json.parse(text)
      } catch {
        contents.unreadable = true
      }
      return value
    },
    set(assigned: unknown) {
      if (Object.isFrozen(values)) throw new TypeError(`session.data is frozen since its commit, ${key} too.`)
      unread.delete(key)
      value = assigned
    },
  })
}

/** Whether a value is as it came, since nobody asked for it, deleted it or put another in its place. */
function isUnread({ values, unread }: Contents, key: string): boolean {
  return unread?.has(key) === true && Object.getOwnPropertyDescriptor(values, key)?.get !== undefined
}

function parsed(contents: Contents): Record<string, unknown> {
  const values = Object.create(null) as Record<string, unknown>
  for (const key of Object.keys(contents.texts)) if (isData(key)) lay(contents, values, key, contents.texts[key]!)
  return values
}

/** The values as the schema has them; of those that do not fit it, what it makes of an empty session. */
function fitted(contents: Contents, schema: Schema): Record<string, unknown> {
  let result = validated(schema, contents.values ?? {})
  if ('issue' in result) {
    contents.unreadable = true
    result = validated(schema, {})
  }
  const values: Record<string, unknown> = Object.assign(Object.create(null), 'value' in result ? result.value : {})
  const given: Record<string, string> = {}
  for (const key of Object.keys(values)) {
    if (values[key] !== undefined)
      putText(given, key, contents.codec.stringify(values[key], key, textOf(contents.texts, key)))
  }
  contents.given = given
  return values
}

/** Whether there are texts that cannot be read. */
export function isUnreadable(contents: Contents): boolean {
  valuesOf(contents)
  return contents.unreadable
}

/** Replaces the values. @throws `ERR_DATA` for what is no object */
export function replaceValues(contents: Contents, values: object): void {
  if (!isPlainObject(values)) {
    throw new SojournError(
      'ERR_DATA',
      'session.data is a plain object of values by key. To empty it: session.data = {}',
    )
  }
  // Read first, to know what a schema leaves out, and what cannot be read.
  valuesOf(contents)
  contents.values = Object.assign(Object.create(null), values)
  contents.unread = null
}

/** Keeps these keys of the values, and all messages. */
export function keepOnly(contents: Contents, keys: readonly string[]): void {
  const values = valuesOf(contents)
  for (const key of Object.keys(values)) if (!keys.includes(key)) delete values[key]
}

/** What became of the contents: keys to write, and keys to remove. */
export interface ContentsChange {
  readonly set: Record<string, string>
  readonly unset: readonly string[]
}

/** What changed, or `null` when nothing did. @throws `ERR_DATA` for what cannot be kept */
export function changeOf(contents: Contents): ContentsChange | null {
  const { texts, codec, schema, values, left, taken, unreadable, given } = contents
  if (values === null && left === null && !taken) return null
  const set: Record<string, string> = {}
  for (const key in values) {
    if (isUnread(contents, key)) continue
    const value = values[key]
    if (value === undefined) continue
    if (!isData(key)) throw reserved(key)
    const text = codec.stringify(value, key, textOf(texts, key))
    if (text !== textOf(given, key)) putText(set, key, text)
  }
  const isChanged = Object.keys(set).length > 0
  const unset = Object.keys(texts).filter((key) => {
    if (!isData(key)) return key.startsWith(flashPrefix) && taken
    // What a schema leaves out is not its session's to remove.
    const isGiven = schema === null || textOf(given, key) !== undefined
    return (
      values !== null && (unreadable ? isChanged : isGiven) && !isUnread(contents, key) && values[key] === undefined
    )
  })
  if (schema !== null && (isChanged || unset.some(isData))) checkFit(schema, values!)
  if (unreadable && isChanged && contents.hasStore) setAside(texts, set)
  for (const key in left) set[key] = left[key]!
  return unset.length > 0 || Object.keys(set).length > 0 ? { set, unset } : null
}

/** Keeps what could not be read, for who looks into it, in place of what was kept so before. */
function setAside(texts: Texts, set: Record<string, string>): void {
  for (const key of Object.keys(texts)) if (isData(key)) set[asidePrefix + key] = texts[key]!
}

function checkFit(schema: Schema, values: object): void {
  const result = validated(schema, values)
  if ('issue' in result)
    throw new SojournError('ERR_DATA', `The schema does not accept what the session holds. ${result.issue}`)
}

/** The keys that differ from what a store has, after a change of those that did. */
export function changedKeys(changed: readonly string[], change: ContentsChange | null): readonly string[] {
  return change === null ? changed : [...new Set([...changed, ...Object.keys(change.set), ...change.unset])]
}

/** The texts after a change. */
export function changedTexts(texts: Texts, change: ContentsChange | null): Texts {
  if (change === null) return texts
  const changed: Record<string, string> = { ...texts, ...change.set }
  for (const key of change.unset) delete changed[key]
  return changed
}

function reserved(key: string): SojournError {
  const [prefix] = key.split('.')
  return new SojournError(
    'ERR_DATA',
    `Keys that begin with '${prefix}.' are the library's own. For messages there is session.flash(category, message).`,
  )
}
