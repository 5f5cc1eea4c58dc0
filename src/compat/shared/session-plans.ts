import { SojournError } from '../../core/errors.ts'
import type { Token } from '../../core/token.ts'
import { putText, textOf, type Texts } from '../../core/texts.ts'
import type { CommitPlan } from '../../session/commit-plan.ts'
import type { DataChange } from '../../session/data-changes.ts'
import { noUpdates } from '../../session/value-updates.ts'

/** Plans a save for the repository. */
export const planOf = (
  type: CommitPlan['type'],
  continuedToken: Token | null,
  token: Token,
  change: DataChange | null,
): CommitPlan => ({ type, continuedToken, unconfirmed: false, token, change, isTouched: true, updates: noUpdates })

/** Returns the keys that differ, or `null` if none does. */
export function changeOf(before: Texts, after: Texts): DataChange | null {
  if (after === before) return null
  const changed = Object.keys(after).filter((key) => textOf(before, key) !== after[key])
  const unset = Object.keys(before).filter((key) => !Object.hasOwn(after, key))
  if (changed.length + unset.length === 0) return null
  const set: Record<string, string> = {}
  for (const key of changed) putText(set, key, after[key]!)
  return { set, unset }
}

export const idTakenError = (): SojournError =>
  new SojournError(
    'ERR_OPTIONS',
    'Two sessions got one id. The option genid, or idGenerator, must return ids that cannot be guessed.',
  )

export const signInRefusedError = (): SojournError =>
  new SojournError(
    'ERR_SIGN_IN_REFUSED',
    'The sessions of this user were ended during the sign-in. Let the user sign in again.',
  )
