import type { SessionStore } from '../store.ts'
import { addCopy, bringUp, ended, isCopyOf, lostEnding, putEnding } from './copying.ts'
import { isHome } from './mark.ts'

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

/** A dot is in no id of a session, but in those of the library's own notes. */
export const isSession = (id: string): boolean => !id.includes('.')

/** Makes the new store have of a session what the old one has, and looks whether it does. */
export async function carry(way: Way, id: string): Promise<Fate> {
  const { from, to, dryRun } = way
  let fate: Fate = 'already'
  for (let tried = 0; tried < tries; tried++) {
    const [found, copy] = await Promise.all([from.read(id), to.read(id)])
    if (ended(copy)) return 'ended'
    if (found === null) return 'gone'
    if (ended(found)) {
      if (dryRun) return 'ended'
      await (copy === null ? putEnding(to, id, found) : to.end(id, found))
      continue
    }
    if (copy !== null && (way.isMoved || isCopyOf(copy, found))) return fate
    // It may have ended there where there was no room for an ending.
    if (way.isMoved) return isSession(id) && found.expiresAt > Date.now() ? 'left' : 'gone'
    // Asked before each write: somebody else may move them too, and be done just now. Then it is looked at anew.
    if (await isHome(to, from)) {
      way.isMoved = true
      continue
    }
    // Somebody went on there: what the old store has is older, and would undo it.
    if (copy !== null && copy.version > found.version) return 'differing'
    if (dryRun) return 'moved'
    await (copy === null ? addCopy(to, found, from) : bringUp(to, copy, found))
    fate = 'moved'
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
