import type { SessionStore } from '../store.ts'
import { addCopy, bringUp, ended, isCopyOf, lostEnding, putEnding } from './copying.ts'
import { isHome } from './mark.ts'

export interface Way {
  readonly from: SessionStore
  readonly to: SessionStore
  readonly dryRun: boolean
}

/** What became of a session: `left` is one that is not moved any more, and `gone` one that is of no account. */
export type Fate = 'moved' | 'already' | 'ended' | 'differing' | 'left' | 'gone'

const tries = 10

/** A dot is in no id of a session, but in those of the library's own notes. */
export const isSession = (id: string): boolean => !id.includes('.')

/** Makes the new store have of a session what the old one has, and looks whether it does. */
export async function carry({ from, to, dryRun }: Way, id: string): Promise<Fate> {
  let fate: Fate = 'already'
  for (let tried = 0; tried < tries; tried++) {
    // Asked each time: somebody else may move them too, and be done just now.
    const [isMoved, found, copy] = await Promise.all([isHome(to, from), from.read(id), to.read(id)])
    if (ended(copy)) return 'ended'
    if (found === null) return 'gone'
    if (ended(found)) {
      if (dryRun) return 'ended'
      await (copy === null ? putEnding(to, id, found) : to.end(id, found))
    } else if (copy === null && isMoved) {
      // It may have ended there where there was no room for an ending.
      return isSession(id) && found.expiresAt > Date.now() ? 'left' : 'gone'
    } else if (copy === null || !(isMoved || isCopyOf(copy, found))) {
      // Somebody went on there: what the old store has is older, and would undo it.
      if (copy !== null && copy.version > found.version) return 'differing'
      if (dryRun) return 'moved'
      await (copy === null ? addCopy(to, found, from) : bringUp(to, copy, found))
      fate = 'moved'
    } else return fate
  }
  return 'differing'
}

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
