import { textOf } from '../core/texts.ts'
import type { RecordChange, SessionRecord } from '../stores/store.ts'

/** Returns whether a change raises the version. */
export const changesData = ({ set, unset }: RecordChange): boolean => Object.keys(set).length > 0 || unset.length > 0

/**
 * Handles a change for one exact version that was made in a store which does not decide any more. Returns `null` if the store
 * that decides does not have the change, so that the caller can make it again.
 *
 * @throws if that store may have the change under later ones, or has an equal one: made again, the change might count twice
 */
export function rejectIfUncertain(found: SessionRecord, version: number, change: RecordChange): null {
  const isOtherChange =
    found.version === version && !(includesChange(found, change) && found.lastSeenAt === change.lastSeenAt)
  if (found.version < version || isOtherChange) return null
  throw new Error('The stores were just switched, and it is unknown whether the new one has this change.')
}

/** Returns whether a record has the values that a change wrote. */
export const includesChange = ({ data, secretHash }: SessionRecord, change: RecordChange): boolean =>
  Object.entries(change.set).every(([key, text]) => textOf(data, key) === text) &&
  change.unset.every((key) => Object.hasOwn(change.set, key) || !Object.hasOwn(data, key)) &&
  (change.secretHash === undefined || change.secretHash === secretHash)
