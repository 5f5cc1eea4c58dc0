import type { SessionKey, SessionStore } from '../stores/store.ts'
import { addCopy, isCopyOf, isEnded, putEnding, updateCopy, type RecordOrEnding } from './copies.ts'
import { isActive } from './move-marker.ts'

/** Reads sessions from two stores, and repairs the differences between them. */
export interface DualReader {
  /** Returns the store that decides, which is the primary one, and then the other. */
  readOrder(): Promise<readonly [primary: SessionStore, secondary: SessionStore]>
  /** Reads a session, and makes both stores equal. */
  read(key: SessionKey): Promise<RecordOrEnding>
}

const maxAttempts = 10

// One closure, because all reads share what is known about the move: once it is complete, it remains so.
export function createDualReader(to: SessionStore, from: SessionStore): DualReader {
  let isMoved = false

  async function readOrder(): Promise<readonly [SessionStore, SessionStore]> {
    isMoved ||= await isActive(to, from)
    return isMoved ? [to, from] : [from, to]
  }

  /** Reads both stores at once. This is enough if they are equal, or if the session has ended. */
  async function readBoth(key: SessionKey) {
    const [[primary, secondary], inTo, inFrom] = await Promise.all([readOrder(), to.read(key), from.read(key)])
    const [found, copy] = primary === to ? [inTo, inFrom] : [inFrom, inTo]
    return { primary, secondary, found, copy }
  }

  /**
   * Reads both stores so that one may overwrite the other: the copy first, then the original and which store decides. Returns
   * `null` if another store decides than before.
   */
  async function readBothInOrder(key: SessionKey) {
    const [expectedPrimary, expectedSecondary] = isMoved ? [to, from] : [from, to]
    const copy = await expectedSecondary.read(key)
    const [found, [primary, secondary]] = await Promise.all([expectedPrimary.read(key), readOrder()])
    return primary === expectedPrimary ? { primary, secondary, found, copy } : null
  }

  async function read(key: SessionKey): Promise<RecordOrEnding> {
    for (let attempt = 1; ; attempt++) {
      const entries = attempt === 1 ? await readBoth(key) : await readBothInOrder(key)
      if (entries === null) continue
      const { primary, secondary, found, copy } = entries
      if (isEnded(found) || isEnded(copy)) {
        await propagateEnding(primary, key, found, copy)
        await propagateEnding(secondary, key, copy, found)
        return isEnded(found) ? found : copy
      }
      if (found === null ? copy === null || attempt > 1 : copy !== null && isCopyOf(copy, found)) return found
      if (attempt === 1) continue
      // Other requests keep changing the session, and they update the copy too.
      if (attempt >= maxAttempts) return found
      if (copy === null) await addCopy(secondary, found!, primary)
      else await updateCopy(secondary, copy, found!)
    }
  }

  return { readOrder, read }
}

/** Stores an ending that the other store has, unless this store has an ending too. */
export async function propagateEnding(
  store: SessionStore,
  key: SessionKey,
  found: RecordOrEnding,
  other: RecordOrEnding,
): Promise<void> {
  if (!isEnded(other) || isEnded(found)) return
  await (found === null ? putEnding(store, key, other) : store.end(key, other))
}
