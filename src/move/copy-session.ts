import type { Ending, SessionKey, SessionRecord, SessionStore } from '../stores/store.ts'
import { addCopy, createLostEnding, isCopyOf, isEnded, putEnding, updateCopy } from './copies.ts'
import { isActive } from './move-marker.ts'

export interface MoveContext {
  readonly from: SessionStore
  readonly to: SessionStore
  readonly dryRun: boolean
  /** Whether the new store is known to decide already. Then no record in it is updated or added. */
  isMoved: boolean
}

/**
 * Result for one session. `left`: only the old store has it, and the move is already complete. `gone`: it was deleted or has
 * expired meanwhile.
 */
export type CopyResult = 'moved' | 'already' | 'ended' | 'differing' | 'left' | 'gone'

const maxAttempts = 10
/** How often a record that seems to be newer in the new store is checked. */
const maxChecks = 3

/**
 * Copies a session or an ending to the new store, and repeats that until both stores have the same.
 *
 * @param seen the record or ending that was just read from the old store
 */
export async function copySession(
  context: MoveContext,
  key: SessionKey,
  seen: SessionRecord | Ending,
): Promise<CopyResult> {
  const { from, to, dryRun } = context
  let result: CopyResult = 'already'
  let before = isEnded(seen) ? null : seen
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    // Read the copy before the original: then it is not newer, even if the session changes all the time.
    const copy = await to.read(key)
    if (isEnded(copy)) return 'ended'
    if (copy !== null && before !== null && isCopyOf(copy, before)) return result
    const found = attempt === 1 && copy === null ? seen : await from.read(key)
    if (found === null) return 'gone'
    if (isEnded(found)) {
      if (dryRun) return 'ended'
      await (copy === null ? putEnding(to, key, found) : to.end(key, found))
      continue
    }
    if (copy !== null && (isCopyOf(copy, found) || isUpToDate(copy, before, found))) return result
    before = found
    // Do not add it: it may have ended in the new store when that was too full for the ending.
    if (context.isMoved) return copy !== null ? result : found.expiresAt <= Date.now() ? 'gone' : 'left'
    // Check before each write: another process may just have completed the same move. Then read again.
    if (await isActive(to, from)) {
      context.isMoved = true
      continue
    }
    // The session has changed in the new store: the old store's record is older and would undo that.
    if (copy !== null && copy.version > found.version) {
      if (attempt === maxChecks) return 'differing'
      continue
    }
    if (dryRun) return 'moved'
    if (copy !== null) await updateCopy(to, copy, found)
    else if (await addCopy(to, found, from)) return 'moved'
    result = 'moved'
  }
  return 'differing'
}

/** Returns whether other servers have updated a copy between our two reads of its original, and not beyond the second. */
const isUpToDate = (copy: SessionRecord, before: SessionRecord | null, found: SessionRecord): boolean =>
  before !== null && copy.version > before.version && copy.version <= found.version

/**
 * Ends an outdated session in the new store: one from before sessions were moved away from it, which the old store does not
 * have any more. It has ended or expired there, and no ending remains. Resolves to whether the session is one of these.
 */
export async function endLostCopy(
  { from, to, dryRun }: MoveContext,
  key: SessionKey,
  before: number,
): Promise<boolean> {
  const copy = await to.read(key)
  if (copy === null || isEnded(copy) || copy.createdAt >= before || copy.expiresAt <= Date.now()) return false
  if ((await from.read(key)) !== null) return false
  if (!dryRun) await to.end(key, createLostEnding(copy))
  return true
}
