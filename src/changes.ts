import { asidePrefix, flashPrefix, isData, isUnread, type Contents } from './contents.ts'
import { SojournError } from './errors.ts'
import { validated, type Schema } from './schema.ts'
import { putText, textOf, type Texts } from './texts.ts'

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
    `Keys that begin with '${prefix}.' are the library's own: use another name. Messages for the next page are session.flash(category, message).`,
  )
}
