import { clampToNow, expiryReason, isCopyUsable, type Lifetimes } from '../core/lifetime.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import { kindOf, type Token } from '../core/token.ts'
import { mergeChangedKeys } from '../session/data-changes.ts'
import { createLruCache } from '../util/lru-cache.ts'
import type { SessionRepository } from './repository.ts'

/** How many ids or secrets each cache remembers at least. Guests have their own, because one client can create many guests. */
const maxEntries = 100_000

/**
 * Creates the repository of sessions that live in their cookies. No store can be asked, so the process remembers which sessions
 * it ended, which secrets it replaced and when it wrote. So a response that is still on its way undoes none of it. A restart
 * forgets.
 */
export function cookieRepository({
  lifetimes,
  tick,
}: {
  readonly lifetimes: Lifetimes
  readonly tick: () => LogicalTime
}): SessionRepository {
  // Ended ids and replaced secrets in one cache. All are random, so none can be mistaken for another.
  const over = { user: createLruCache<true>(maxEntries), guest: createLruCache<true>(maxEntries) }
  const lastWrites = createLruCache<number>(maxEntries)

  function isEnded(token: Token): boolean {
    const { get } = over[kindOf(token)]
    return token.identity !== null && (get(token.identity.id) ?? get(token.identity.secret)) === true
  }

  function wasWrittenSince({ identity }: Token, { count }: LogicalTime): boolean {
    return identity !== null && (lastWrites.get(identity.id) ?? 0) > count
  }

  return {
    find(received, key, { at }) {
      const token = clampToNow(received, at)
      const outcome = expiryReason(token, lifetimes, at) ?? (isEnded(token) ? 'ended' : null)
      if (outcome !== null) return { outcome, token, isStale: false }
      if (token.confirmedAt === null && token.data !== null) return { outcome: 'active', token, isStale: key > 0 }
      // A store had this session, so it may have ended there. Use the copy only for a limited time.
      if (!isCopyUsable(token, lifetimes, at)) return { outcome: 'unavailable', token, isStale: false }
      return { outcome: 'active', token: { ...token, confirmedAt: null }, isStale: true }
    },
    // In a copy, note the changed keys, because the store may still have the session and be asked again later.
    tokenFor: ({ token, continuedToken, change }, { at }) =>
      token.version > 0 ? { ...token, changed: mergeChangedKeys(continuedToken ?? token, change, at) } : token,
    save({ type, token, continuedToken }, moment) {
      // Another request has ended the session since this one was opened. Do not bring it back.
      if (type !== 'began' && isEnded(continuedToken!)) return 'rejected'
      // This request changed nothing, so its cookie must not undo a change that another request has made since.
      if (type === 'touched' && wasWrittenSince(token, moment)) return 'skipped'
      if (type === 'renewed' && continuedToken!.identity !== null)
        over[kindOf(continuedToken!)].set(continuedToken!.identity.secret, true)
      if (token.identity !== null) lastWrites.set(token.identity.id, tick().count)
      return 'saved'
    },
    end(token) {
      if (token.identity !== null) over[kindOf(token)].set(token.identity.id, true)
      return true
    },
  }
}
