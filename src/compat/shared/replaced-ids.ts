import { createLruCache } from '../../util/lru-cache.ts'
import { sha256 } from '../../util/sha256.ts'

/** How long an id is remembered, in milliseconds. Browsers send it until they have the response with the new id. */
const replacedMs = 10_000
/** How many ids are remembered at least. */
const maxReplaced = 10_000

/**
 * Remembers the ids that sign-ins in this process have replaced, for ten seconds. A request that still has such an id gets no guest's
 * cookie: its response may arrive last, and would sign the user out. No longer, because a browser that missed the new cookie needs one.
 */
export function createReplacedIds() {
  const times = createLruCache<number>(maxReplaced)
  // An id may be a whole cookie of four kilobytes.
  const keyOf = (id: string): string => (id.length > 100 ? sha256(id) : id)
  return {
    add: (id: string): void => times.set(keyOf(id), Date.now()),
    has(id: string): boolean {
      const replacedAt = times.get(keyOf(id))
      return replacedAt !== undefined && Math.abs(Date.now() - replacedAt) < replacedMs
    },
  }
}
