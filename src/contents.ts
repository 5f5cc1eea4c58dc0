import { randomBytes } from 'node:crypto'
import { isPlainObject, json, type Codec } from './codec.ts'
import { SojournError } from './errors.ts'
import { putText, textOf, type Texts } from './texts.ts'

/** A message for the next page: what kind it is, and its text. */
export interface Flash {
  /** What kind of message it is, for its looks: `info`, `error` … Any text. */
  category: string
  /** What it says, as text: not as HTML. */
  message: string
}

/**
 * What a session holds, in memory: the texts as they came, and the values once somebody asked for them. Values are parsed
 * when first asked for and compared as texts at the end, so that a change at any depth is noticed and nothing else is.
 */
export interface Contents {
  readonly texts: Texts
  readonly codec: Codec
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

/** What became of the contents: keys to write, and keys to remove. */
export interface ContentsChange {
  readonly set: Record<string, string>
  readonly unset: readonly string[]
}

const flashPrefix = 'flash.'

export function createContents(texts: Texts, codec: Codec): Contents {
  return { texts, codec, values: null, unread: null, left: null, taken: false, unreadable: false }
}

/** The values. Without a prototype, so that `__proto__` is a key like any other. */
export function valuesOf(contents: Contents): Record<string, unknown> {
  if (contents.values !== null) return contents.values
  const values: Record<string, unknown> = Object.create(null)
  try {
    for (const key of Object.keys(contents.texts)) {
      if (!key.startsWith(flashPrefix)) lay(contents, values, key, contents.texts[key]!)
    }
    contents.values = values
  } catch {
    contents.values = Object.create(null) as Record<string, unknown>
    contents.unreadable = true
  }
  return contents.values
}

/** From how many characters on a text is parsed only when its key is asked for. */
const long = 200

/** What `console.log` asks an object for. */
const inspection = Symbol.for('nodejs.util.inspect.custom')

/** Puts a value in its place, or what parses it there: a long one that is neither read nor changed costs nothing. */
function lay(contents: Contents, values: Record<string, unknown>, key: string, text: string): void {
  // A codec of others may refuse a text, which is told before the application sees any of them.
  if (text.length < long || contents.codec !== json) {
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
      if (unread.delete(key)) value = json.parse(text)
      return value
    },
    set(assigned: unknown) {
      if (Object.isFrozen(values))
        throw new TypeError(`session.data was committed: ${key} cannot be assigned any more.`)
      unread.delete(key)
      value = assigned
    },
  })
}

/** Whether a value is as it came, since nobody asked for it, deleted it or put another in its place. */
function isUnread({ values, unread }: Contents, key: string): boolean {
  return unread?.has(key) === true && Object.getOwnPropertyDescriptor(values, key)?.get !== undefined
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
  contents.values = Object.assign(Object.create(null), values)
  contents.unread = null
}

/** Keeps these keys of the values, and all messages. */
export function keepOnly(contents: Contents, keys: readonly string[]): void {
  const values = valuesOf(contents)
  for (const key of Object.keys(values)) if (!keys.includes(key)) delete values[key]
}

/** Leaves a message, under a key of its own. @throws `ERR_DATA` for what is not text */
export function leaveFlash(contents: Contents, { category, message }: Flash, instant: number): void {
  if (typeof category !== 'string' || typeof message !== 'string') {
    throw new SojournError('ERR_DATA', `session.flash takes two texts: session.flash('success', 'Saved.')`)
  }
  contents.left ??= {}
  // Messages of one request keep their order, although a clock gives them one instant.
  const at = instant + Object.keys(contents.left).length
  const key = flashPrefix + randomBytes(6).toString('base64url')
  contents.left[key] = contents.codec.stringify([at, category, message], key)
}

/** Takes all messages, the oldest first. */
export function takeFlashes(contents: Contents): Flash[] {
  const came = contents.taken ? [] : Object.entries(contents.texts).filter(([key]) => key.startsWith(flashPrefix))
  const flashes = [...came, ...Object.entries(contents.left ?? {})]
    .map(([, text]) => contents.codec.parse(text) as [instant: number, category: string, message: string])
    .toSorted(([one], [other]) => one - other)
    .map(([, category, message]) => ({ category: String(category), message: String(message) }))
  contents.taken = true
  contents.left = null
  return flashes
}

/** What changed, or `null` when nothing did. @throws `ERR_DATA` for what cannot be kept */
export function changeOf(contents: Contents): ContentsChange | null {
  const { texts, codec, values, left, taken, unreadable } = contents
  if (values === null && left === null && !taken) return null
  const set: Record<string, string> = {}
  for (const key in values) {
    if (isUnread(contents, key)) continue
    const value = values[key]
    if (value === undefined) continue
    if (key.startsWith(flashPrefix)) throw reserved()
    const came = textOf(texts, key)
    const text = codec.stringify(value, key, came)
    if (text !== came) putText(set, key, text)
  }
  const overwritten = values !== null && (!unreadable || Object.keys(values).length > 0)
  for (const key in left) set[key] = left[key]!
  const unset = Object.keys(texts).filter((key) =>
    key.startsWith(flashPrefix) ? taken : overwritten && !isUnread(contents, key) && values[key] === undefined,
  )
  return unset.length > 0 || Object.keys(set).length > 0 ? { set, unset } : null
}

/** The texts after a change. */
export function changedTexts(texts: Texts, change: ContentsChange | null): Texts {
  if (change === null) return texts
  const changed: Record<string, string> = { ...texts, ...change.set }
  for (const key of change.unset) delete changed[key]
  return changed
}

const reserved = () =>
  new SojournError('ERR_DATA', `Keys that begin with '${flashPrefix}' are for session.flash(category, message).`)
