import type { Codec } from '../core/codec.ts'
import { putText, textOf, type Texts } from '../core/texts.ts'
import type { CommitPlan } from '../session/commit-plan.ts'
import type { DataChange } from '../session/data-changes.ts'
import type { Update } from '../session/value-updates.ts'

/** The functions that a request passed to `session.update`, by key. */
export type Updates = readonly (readonly [key: string, update: Update])[]

const noUpdates: Updates = []

/** Returns the updates whose result is still what is written. The handler may have overwritten the key after `session.update`. */
export function exactUpdates({ updates }: CommitPlan, { set, unset }: DataChange): Updates {
  if (updates.size === 0) return noUpdates
  const removed = new Set(unset)
  return [...updates].filter(([key, { lastText }]) => (textOf(set, key) ?? (removed.has(key) ? '' : null)) === lastText)
}

/** Calls the update functions again, with the values that the store has now. */
export function applyUpdates<Change extends DataChange>(
  change: Change,
  updates: Updates,
  data: Texts,
  codec: Codec,
): Change {
  const set = { ...change.set }
  const unset = new Set(change.unset)
  for (const [key, { functions }] of updates) {
    const text = textOf(data, key)
    const value = functions.reduce((before, each) => each(before), text === undefined ? undefined : codec.parse(text))
    Reflect.deleteProperty(set, key)
    unset.delete(key)
    if (value === undefined) unset.add(key)
    else putText(set, key, codec.stringify(value, key, text))
  }
  return { ...change, set, unset: [...unset] }
}
