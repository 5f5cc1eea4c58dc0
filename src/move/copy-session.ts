import { isCutoffId, isReservedId } from '../stores/reserved-ids.ts'
import type { Ending, SessionRecord, SessionStore } from '../stores/store.ts'
import { addCopy, bringUp, ended, isCopyOf, isLaterNote, lostEnding, putEnding } from './copies.ts'
import { isHome } from './move-marker.ts'

export interface Way {
  readonly from: SessionStore
  readonly to: SessionStore
  readonly dryRun: boolean
  /** Whether the new store is known to decide already: then what it has is left as it is, and what it has not as well. */
  isMoved: boolean
}

/** What became of a session: `left` is one that is not moved any more, and `gone` one that is of no account. */
export type Fate = 'moved' | 'already' | 'ended' | 'differing' | 'left' | 'gone'

const tries = 10
/** How often what seems to be newer in the new store is looked at. */
const looks = 3

/**
 * Makes the new store have of a session what the old one has, and looks whether it does.
 *
 * @param seen what the old one had just now
 */
export async function carry(way: Way, id: string, seen: SessionRecord | Ending): Promise<Fate> {
  const { from, to, dryRun } = way
  let fate: Fate = 'already'
  let before = ended(seen) ? null : seen
  for (let tried = 1; tried <= tries; tried++) {
    // One after the other: of what is written all the while, the copy is then no newer than what it is of.
    const copy = await to.read(id)
    if (ended(copy)) return 'ended'
    if (copy !== null && before !== null && isCopyOf(copy, before)) return fate
    const found = tried === 1 && copy === null ? seen : await from.read(id)
    if (found === null) return 'gone'
    if (ended(found)) {
      if (dryRun) return 'ended'
      await (copy === null ? putEnding(to, id, found) : to.end(id, found))
      continue
    }
    if (copy !== null && (isCopyOf(copy, found) || isLaterNote(copy, found) || isKeptUp(copy, before, found)))
      return fate
    before = found
    if (!isNews(copy, found)) {
      // It may have ended there where there was no room for an ending.
      if (way.isMoved) return copy !== null ? fate : isReservedId(id) || found.expiresAt <= Date.now() ? 'gone' : 'left'
      // Asked before each write: somebody else may move them too, and be done just now. Then it is looked at anew.
      if (await isHome(to, from)) {
        way.isMoved = true
        continue
      }
      // Somebody went on there: what the old store has is older, and would undo it.
      if (copy !== null && copy.version > found.version) {
        if (tried === looks) return 'differing'
        continue
      }
    }
    if (dryRun) return 'moved'
    if (copy !== null) await bringUp(to, copy, found)
    else if (await addCopy(to, found, from)) return 'moved'
    fate = 'moved'
  }
  return 'differing'
}

/** Whether a copy, of what is written all the while, is what its original became between two looks at that. */
const isKeptUp = (copy: SessionRecord, before: SessionRecord | null, found: SessionRecord): boolean =>
  before !== null && copy.version > before.version && copy.version <= found.version

/** Whether it is a note of which the new store has none, or an earlier one: it counts as endings do, also when all are moved. */
const isNews = (copy: SessionRecord | null, found: SessionRecord): boolean =>
  isCutoffId(found.id) && (copy === null ? found.expiresAt > Date.now() : isLaterNote(found, copy))

/**
 * Ends in the new store what it has of a session from the time before sessions were moved away from it, where the old store
 * has it no more: it is over since, and no ending was left. Resolves to whether it was so.
 */
export async function clear({ from, to, dryRun }: Way, id: string, before: number): Promise<boolean> {
  const copy = await to.read(id)
  if (copy === null || ended(copy) || copy.createdAt >= before || copy.expiresAt <= Date.now()) return false
  if ((await from.read(id)) !== null) return false
  if (!dryRun) await to.end(id, lostEnding(copy))
  return true
}
