import { SojournError } from '../core/errors.ts'
import { mergeTexts, putText, textOf, type Texts } from '../core/texts.ts'
import type { ChangedKey, Token } from '../core/token.ts'
import { sha256 } from '../util/sha256.ts'
import { flashPrefix, isDataKey, quarantinePrefix, type SessionDataState } from './data-state.ts'
import { isUnparsed } from './lazy-values.ts'
import { validateData, type Schema } from './schema.ts'

/** A change of a session's data: keys to write, and keys to remove. */
export interface DataChange {
  readonly set: Record<string, string>
  readonly unset: readonly string[]
}

/** Returns what the request changed in the data, or `null` if it changed nothing. @throws `ERR_DATA` for a value that cannot be stored */
export function dataChangeOf(state: SessionDataState): DataChange | null {
  const { texts, codec, schema, values, newFlashes, flashesTaken, unreadable, baseline } = state
  if (values === null && newFlashes === null && !flashesTaken) return null
  const set: Record<string, string> = {}
  let isChanged = false
  for (const key in values) {
    if (isUnparsed(state, key)) continue
    const value = values[key]
    if (value === undefined) continue
    if (!isDataKey(key)) throw reservedKeyError(key)
    const text = codec.stringify(value, key, textOf(texts, key))
    if (text === textOf(baseline, key)) continue
    putText(set, key, text)
    isChanged = true
  }
  const unset: string[] = []
  for (const key of Object.keys(texts)) {
    if (isUnset(state, key, isChanged)) unset.push(key)
  }
  if (schema !== null && (isChanged || unset.some(isDataKey))) checkAgainstSchema(schema, values!)
  if (unreadable && isChanged && state.hasStore) quarantine(texts, set)
  for (const key in newFlashes) set[key] = newFlashes[key]!
  return isChanged || newFlashes !== null || unset.length > 0 ? { set, unset } : null
}

function isUnset(state: SessionDataState, key: string, isChanged: boolean): boolean {
  const { schema, values, baseline, unreadable, flashesTaken } = state
  if (!isDataKey(key)) return key.startsWith(flashPrefix) && flashesTaken
  if (values === null || isUnparsed(state, key) || values[key] !== undefined) return false
  // A key that the schema does not return remains stored, because the application never saw it and cannot have removed it.
  return unreadable ? isChanged : schema === null || textOf(baseline, key) !== undefined
}

/** Returns the texts after a change. */
export function applyDataChange(texts: Texts, change: DataChange | null): Texts {
  if (change === null) return texts
  const changed = mergeTexts(texts, change.set)
  for (const key of change.unset) delete changed[key]
  return changed
}

/** How many replaced texts a changed key remembers: the store's, and the last ones. */
const maxReplaced = 8

/** Adds the keys of a change to the keys that already differ from the store's record. */
export function mergeChangedKeys(
  { changed, data }: Pick<Token, 'changed' | 'data'>,
  change: DataChange | null,
  now: number,
): readonly ChangedKey[] {
  if (change === null) return changed
  // Later than all earlier changes, also if another server's clock is ahead.
  const changedAt = Math.max(now, ...changed.map(([, at]) => at + 1))
  const merged = new Map(changed.map((entry) => [entry[0], entry]))
  for (const key of [...Object.keys(change.set), ...change.unset]) {
    const [, , ...replaced] = merged.get(key) ?? [key, 0]
    merged.set(key, [key, changedAt, ...addReplaced(replaced, digestOf(data, key))])
  }
  return [...merged.values()]
}

/** Adds a digest to those that a changed key may replace. The first one is kept, because it is that of the store. */
export function addReplaced(replaced: readonly string[], digest: string): readonly string[] {
  if (replaced.includes(digest)) return replaced
  return [...(replaced.length < maxReplaced ? replaced : replaced.toSpliced(1, 1)), digest]
}

/** Returns a short digest of a key's text; `''` if there is no such key. */
export function digestOf(data: Texts | null, key: string): string {
  const text = textOf(data ?? {}, key)
  return text === undefined ? '' : sha256(text).slice(0, 8)
}

function reservedKeyError(key: string): SojournError {
  const [prefix] = key.split('.')
  return new SojournError(
    'ERR_DATA',
    `Keys that start with '${prefix}.' are reserved for the library. For messages, call session.flash(category, message).`,
  )
}

function checkAgainstSchema(schema: Schema, values: object): void {
  const result = validateData(schema, values)
  if ('issue' in result)
    throw new SojournError('ERR_DATA', `The schema does not accept the data of this session. ${result.issue}`)
}

/** Stores the unreadable texts under other keys, so that a developer can inspect them. Replaces those of an earlier time. */
function quarantine(texts: Texts, set: Record<string, string>): void {
  for (const key of Object.keys(texts)) if (isDataKey(key)) set[quarantinePrefix + key] = texts[key]!
}
