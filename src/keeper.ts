import type { Token } from './format.ts'
import { createRecent } from './recent.ts'

/**
 * Where a session is kept: here, in its cookie. There is nothing to ask, so the process remembers which sessions it ended,
 * which secrets it replaced and what it wrote: a response that was on its way undoes none of it. A restart forgets.
 */
export interface Keeper {
  /** Why a token's session is not live, or `null` when it is. */
  refusal(token: Token): 'ended' | 'unavailable' | null
  /** Ends a session: no token of its id is accepted here again. */
  end(token: Token): void
  /** A token was renewed: its secret is not accepted here again. */
  replaced(token: Token): void
  /** A token was written. */
  wrote(token: Token): void
  /** How many tokens were written so far: what `wroteSince` counts from. */
  mark(): number
  /** Whether a token of the same session was written since a mark. */
  wroteSince(token: Token, mark: number): boolean
}

/** How many are remembered of each kind, at least; of guests, of whom anybody can be many, apart from users. */
const budget = 100_000

/** Creates the keeper of sessions that live in their cookie. */
export function cookieKeeper(): Keeper {
  const ended = { user: createRecent<true>(budget), guest: createRecent<true>(budget) }
  const replaced = { user: createRecent<true>(budget), guest: createRecent<true>(budget) }
  const written = createRecent<number>(budget)
  let writes = 0
  const kindOf = (token: Token) => (token.userId === null ? 'guest' : 'user')
  return {
    refusal(token) {
      // A store vouched for it, and only a store can say whether it has ended since.
      if (token.confirmedAt !== null || token.data === null) return 'unavailable'
      if (token.identity === null) return null
      const kind = kindOf(token)
      return ended[kind].get(token.identity.id) || replaced[kind].get(token.identity.secret) ? 'ended' : null
    },
    end(token) {
      if (token.identity !== null) ended[kindOf(token)].set(token.identity.id, true)
    },
    replaced(token) {
      if (token.identity !== null) replaced[kindOf(token)].set(token.identity.secret, true)
    },
    wrote(token) {
      if (token.identity !== null) written.set(token.identity.id, ++writes)
    },
    mark: () => writes,
    wroteSince: ({ identity }, mark) => identity !== null && (written.get(identity.id) ?? 0) > mark,
  }
}
