import type { Codec } from '../core/codec.ts'
import { textOf } from '../core/texts.ts'
import type { SessionDataState } from './data-state.ts'

/** The calls of `session.update` for one key in this request. */
export interface Update {
  /** The functions to apply, in order, to a newer value of the key. */
  readonly functions: readonly ((value: any) => unknown)[]
  /** The text of the value after the last of these calls. */
  readonly lastText: string
}

/** The calls of a request that has made none. All requests share it, because few call `session.update`. */
export const noUpdates: ReadonlyMap<string, Update> = new Map()

/** The part of a session's state in which an update is recorded. */
interface UpdateTarget {
  readonly context: { readonly codec: Codec }
  readonly dataState: SessionDataState
  updates: ReadonlyMap<string, Update>
}

/**
 * Changes a key, and records the function, so that the commit can apply it again if another request saved the key first.
 *
 * @example
 * ```ts
 * // Two requests read visits = 4, and both call update('visits', (visits = 0) => visits + 1).
 * // The first saves 5. The second finds 5 at its commit, applies its functions to it, and saves 6.
 * //
 * // calls of one request                                      functions
 * // update('visits', addOne)                                  [startFromDefault, addOne]
 * // update('visits', addOne); update('visits', double)        [startFromDefault, addOne, double]
 * // data.visits = 10; update('visits', addOne)                [() => 10, addOne]: an assignment ignores the newer value
 * ```
 */
export function recordUpdate(
  target: UpdateTarget,
  key: string,
  change: (value: any) => unknown,
  before: unknown,
  apply: () => unknown,
): void {
  const { dataState, updates } = target
  const { codec } = target.context
  const original = textOf(dataState.texts, key)
  const stringify = (value: unknown) => (value === undefined ? '' : codec.stringify(value, key, original))
  const textBefore = stringify(before)
  const parseTextBefore = () => (textBefore === '' ? undefined : codec.parse(textBefore))
  // If the key did not exist and still does not, start from the schema's default.
  const startFromDefault = (value: unknown) =>
    original === undefined && value === undefined ? parseTextBefore() : value

  const previous = updates.get(key)
  const isAssigned = textBefore !== (previous?.lastText ?? textOf(dataState.baseline, key) ?? '')
  const earlierFunctions = isAssigned ? [parseTextBefore] : (previous?.functions ?? [startFromDefault])
  target.updates = new Map(updates).set(key, { functions: [...earlierFunctions, change], lastText: stringify(apply()) })
}
