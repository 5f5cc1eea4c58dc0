import { randomBytes } from 'node:crypto'
import { isPlainObject, type Codec } from './codec.ts'
import { SojournError } from './errors.ts'
import { putText, textOf, type Texts } from './texts.ts'

/** A message for the next page: what kind it is, and its text. */
export interface Flash {
  category: string
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
  return { texts, codec, values: null, left: null, taken: false, unreadable: false }
}

/** The values. Without a prototype, so that `__proto__` is a key like any other. */
export function valuesOf(contents: Contents): Record<string, unknown> {
  if (contents.values !== null) return contents.values
  const values: Record<string, unknown> = Object.create(null)
  try {
    for (const key of Object.keys(contents.texts)) {
      if (!key.startsWith(flashPrefix)) values[key] = contents.codec.parse(contents.texts[key]!)
    }
    contents.values = values
  } catch {
    contents.values = Object.create(null) as Record<string, unknown>
    contents.unreadable = true
  }
  return contents.values
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
export function changeOf({ texts, codec, values, left, taken, unreadable }: Contents): ContentsChange | null {
  if (values === null && left === null && !taken) return null
  const set: Record<string, string> = {}
  for (const key in values) {
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
    key.startsWith(flashPrefix) ? taken : overwritten && values[key] === undefined,
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
