import { isCutoffId, isReservedId } from '../stores/reserved-ids.ts'
import type { Ending, SessionRecord, SessionStore } from '../stores/store.ts'
import { addCopy, createLostEnding, isCopyOf, isEnded, isLaterCutoff, putEnding, updateCopy } from './copies.ts'
import { isActive } from './move-marker.ts'

export interface MoveContext {
  readonly from: SessionStore
  readonly to: SessionStore
  readonly dryRun: boolean
  /** Whether the new store is known to decide already: then what it has is left as it is, and what it has not as well. */
  isMoved: boolean
}

/** What became of a session: `left` is one that is not moved any more, and `gone` one that is of no account. */
export type CopyResult = 'moved' | 'already' | 'ended' | 'differing' | 'left' | 'gone'

const maxAttempts = 10
/** How often what seems to be newer in the new store is looked at. */
const maxChecks = 3

/**
 * Makes the new store have of a session what the old one has, and looks whether it does.
 *
 * @param seen what the old one had just now
 */
export async function copySession(context: MoveContext, id: string, seen: SessionRecord | Ending): Promise<CopyResult> {
  const { from, to, dryRun } = context
  let result: CopyResult = 'already'
  let before = isEnded(seen) ? null : seen
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    // One after the other: of what is written all the while, the copy is then no newer than what it is of.
    const copy = await to.read(id)
    if (isEnded(copy)) return 'ended'
    if (copy !== null && before !== null && isCopyOf(copy, before)) return result
    const found = attempt === 1 && copy === null ? seen : await from.read(id)
    if (found === null) return 'gone'
    if (isEnded(found)) {
      if (dryRun) return 'ended'
      await (copy === null ? putEnding(to, id, found) : to.end(id, found))
      continue
    }
    if (copy !== null && (isCopyOf(copy, found) || isLaterCutoff(copy, found) || isKeptCurrent(copy, before, found)))
      return result
    before = found
    if (!isNewCutoff(copy, found)) {
      // It may have ended there where there was no room for an ending.
      if (context.isMoved)
        return copy !== null ? result : isReservedId(id) || found.expiresAt <= Date.now() ? 'gone' : 'left'
      // Asked before each write: somebody else may move them too, and be done just now. Then it is looked at anew.
      if (await isActive(to, from)) {
        context.isMoved = true
        continue
      }
      // Somebody went on there: what the old store has is older, and would undo it.
      if (copy !== null && copy.version > found.version) {
        if (attempt === maxChecks) return 'differing'
        continue
      }
    }
    if (dryRun) return 'moved'
    if (copy !== null) await updateCopy(to, copy, found)
    else if (await addCopy(to, found, from)) return 'moved'
    result = 'moved'
  }
  return 'differing'
}

/** Whether a copy, of what is written all the while, is what its original became between two looks at that. */
const isKeptCurrent = (copy: SessionRecord, before: SessionRecord | null, found: SessionRecord): boolean =>
  before !== null && copy.version > before.version && copy.version <= found.version

/** Whether it is a note of which the new store has none, or an earlier one: it counts as endings do, also when all are moved. */
const isNewCutoff = (copy: SessionRecord | null, found: SessionRecord): boolean =>
  isCutoffId(found.id) && (copy === null ? found.expiresAt > Date.now() : isLaterCutoff(found, copy))

/**
 * Ends in the new store what it has of a session from the time before sessions were moved away from it, where the old store
 * has it no more: it is over since, and no ending was left. Resolves to whether it was so.
 */
export async function endLostCopy({ from, to, dryRun }: MoveContext, id: string, before: number): Promise<boolean> {
  const copy = await to.read(id)
  if (copy === null || isEnded(copy) || copy.createdAt >= before || copy.expiresAt <= Date.now()) return false
  if ((await from.read(id)) !== null) return false
  if (!dryRun) await to.end(id, createLostEnding(copy))
  return true
}
