/** What was done to a value, and the text that came of it. */

import { textOf } from '../core/texts.ts'
import type { SessionState } from './state.ts'

export interface Update {
  readonly functions: readonly ((value: any) => unknown)[]
  readonly lastText: string
}

/** Changes a key, and remembers how, so that it can be done again to a newer value. */
export function recordUpdate(
  { context: { codec }, dataState, updates }: SessionState,
  key: string,
  change: (value: any) => unknown,
  before: unknown,
  apply: () => unknown,
): void {
  const original = textOf(dataState.texts, key)
  const stringify = (value: unknown) => (value === undefined ? '' : codec.stringify(value, key, original))
  const text = stringify(before)
  const previous = updates.get(key)
  const parseText = () => (text === '' ? undefined : codec.parse(text))
  // Where there was none, and still is none, is what a schema gives instead.
  const isNew = original === undefined
  const startFromDefault = (value: unknown) => (isNew && value === undefined ? parseText() : value)
  // What was assigned before it stands, whatever the newer value is.
  const isUnassigned = text === (previous?.lastText ?? textOf(dataState.baseline, key) ?? '')
  const earlierFunctions = isUnassigned ? (previous?.functions ?? [startFromDefault]) : [parseText]
  updates.set(key, { functions: [...earlierFunctions, change], lastText: stringify(apply()) })
}
