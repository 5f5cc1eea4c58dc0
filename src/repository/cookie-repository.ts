import { clampToNow, expiryReason, isCopyUsable, type Lifetimes } from '../core/lifetime.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import { kindOf, type Token } from '../core/token.ts'
import { mergeChangedKeys } from '../session/data-changes.ts'
import { createLruCache } from '../util/lru-cache.ts'
import type { SessionRepository } from './repository.ts'

/** How many are remembered of each kind, at least; of guests, of whom anybody can be many, apart from users. */
const maxEntries = 100_000

/**
 * The keeper of sessions that live in their cookie. There is nothing to ask, so the process remembers which sessions it ended,
 * which secrets it replaced and what it wrote: a response that was on its way undoes none of it. A restart forgets.
 */
export function cookieRepository({
  lifetimes,
  tick,
}: {
  readonly lifetimes: Lifetimes
  readonly tick: () => LogicalTime
}): SessionRepository {
  const endedIds = { user: createLruCache<true>(maxEntries), guest: createLruCache<true>(maxEntries) }
  const replacedSecrets = { user: createLruCache<true>(maxEntries), guest: createLruCache<true>(maxEntries) }
  const lastWrites = createLruCache<number>(maxEntries)

  function refusalOf(token: Token): 'ended' | null {
    if (token.identity === null) return null
    const kind = kindOf(token)
    return endedIds[kind].get(token.identity.id) || replacedSecrets[kind].get(token.identity.secret) ? 'ended' : null
  }

  function wasWrittenSince({ identity }: Token, { count }: LogicalTime): boolean {
    return identity !== null && (lastWrites.get(identity.id) ?? 0) > count
  }

  return {
    find(received, key, { at }) {
      const token = clampToNow(received, at)
      const outcome = expiryReason(token, lifetimes, at) ?? refusalOf(token)
      if (outcome !== null) return { outcome, token, isStale: false }
      if (token.confirmedAt === null && token.data !== null) return { outcome: 'active', token, isStale: key > 0 }
      // A store vouched for it, and only a store can say whether it has ended since; its copy is good for some time.
      if (!isCopyUsable(token, lifetimes, at)) return { outcome: 'unavailable', token, isStale: false }
      return { outcome: 'active', token: { ...token, confirmedAt: null }, isStale: true }
    },
    // Of a copy it notes what was changed, for a store that still has the session and is asked again one day.
    tokenFor: ({ token, change }) =>
      token.version > 0 ? { ...token, changed: mergeChangedKeys(token.changed, change) } : token,
    save({ type, token, openedToken }, moment) {
      // A response that was on its way must not bring back what has ended meanwhile.
      if (type !== 'began' && refusalOf(openedToken!) !== null) return 'rejected'
      // A request that changed nothing must not put back what another one has changed since.
      if (type === 'touched' && wasWrittenSince(token, moment)) return 'skipped'
      if (type === 'renewed' && openedToken!.identity !== null)
        replacedSecrets[kindOf(openedToken!)].set(openedToken!.identity.secret, true)
      if (token.identity !== null) lastWrites.set(token.identity.id, tick().count)
      return 'saved'
    },
    end(token) {
      if (token.identity !== null) endedIds[kindOf(token)].set(token.identity.id, true)
      return true
    },
  }
}
