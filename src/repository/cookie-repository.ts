import { changedKeys } from '../session/session-data.ts'
import type { Keeper } from './repository.ts'
import type { Token } from '../core/token.ts'
import { isTrusted, outlived, pastTimes, type Lifetimes } from '../core/lifetime.ts'
import type { Moment } from '../core/logical-time.ts'
import { createRecent } from '../util/lru-cache.ts'

/** How many are remembered of each kind, at least; of guests, of whom anybody can be many, apart from users. */
const budget = 100_000

/**
 * The keeper of sessions that live in their cookie. There is nothing to ask, so the process remembers which sessions it ended,
 * which secrets it replaced and what it wrote: a response that was on its way undoes none of it. A restart forgets.
 */
export function cookieKeeper({
  lifetimes,
  now,
}: {
  readonly lifetimes: Lifetimes
  readonly now: () => number
}): Keeper {
  const ended = { user: createRecent<true>(budget), guest: createRecent<true>(budget) }
  const replaced = { user: createRecent<true>(budget), guest: createRecent<true>(budget) }
  const written = createRecent<number>(budget)
  let writes = 0
  const kindOf = (token: Token) => (token.userId === null ? 'guest' : 'user')

  function refusal(token: Token): 'ended' | null {
    if (token.identity === null) return null
    const kind = kindOf(token)
    return ended[kind].get(token.identity.id) || replaced[kind].get(token.identity.secret) ? 'ended' : null
  }

  function wroteSince({ identity }: Token, { count }: Moment): boolean {
    return identity !== null && (written.get(identity.id) ?? 0) > count
  }

  return {
    moment: () => ({ at: now(), count: writes }),
    find(came, key, { at }) {
      const token = pastTimes(came, at)
      const late = outlived(token, lifetimes, at) ?? refusal(token)
      if (late !== null) return { outcome: late, token, isStale: false }
      if (token.confirmedAt === null && token.data !== null) return { outcome: 'active', token, isStale: key > 0 }
      // A store vouched for it, and only a store can say whether it has ended since; its copy is good for some time.
      if (!isTrusted(token, lifetimes, at)) return { outcome: 'unavailable', token, isStale: false }
      return { outcome: 'active', token: { ...token, confirmedAt: null }, isStale: true }
    },
    // Of a copy it notes what was changed, for a store that still has the session and is asked again one day.
    sealed: ({ token, change }) =>
      token.version > 0 ? { ...token, changed: changedKeys(token.changed, change) } : token,
    keep({ type, token, opened }, moment) {
      // A response that was on its way must not bring back what has ended meanwhile.
      if (type !== 'began' && refusal(opened!) !== null) return 'refused'
      // A request that changed nothing must not put back what another one has changed since.
      if (type === 'touched' && wroteSince(token, moment)) return 'needless'
      if (type === 'renewed' && opened!.identity !== null) replaced[kindOf(opened!)].set(opened!.identity.secret, true)
      if (token.identity !== null) written.set(token.identity.id, ++writes)
      return 'kept'
    },
    end(token) {
      if (token.identity !== null) ended[kindOf(token)].set(token.identity.id, true)
      return true
    },
  }
}
