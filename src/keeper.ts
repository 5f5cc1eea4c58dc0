import type { Token } from './format.ts'
import { createRecent } from './recent.ts'

/**
 * Where a session is kept: here, in its cookie. There is nothing to ask, so the process remembers which sessions it ended
 * and which secrets it replaced: a response that was on its way brings none of them back. A restart forgets.
 */
export interface Keeper {
  /** Why a token's session is not live, or `null` when it is. */
  refusal(token: Token): 'ended' | 'unavailable' | null
  /** Ends a session: no token of its id is accepted here again. */
  end(token: Token): void
  /** A token was renewed: its secret is not accepted here again. */
  replaced(token: Token): void
}

/** How many endings are remembered, twice: of users', and of guests', of whom anybody can be many and who shall not push out the others. */
const budget = 50_000

/** Creates the keeper of sessions that live in their cookie. */
export function cookieKeeper(): Keeper {
  const ended = { user: createRecent<true>(budget), guest: createRecent<true>(budget) }
  const endedOf = (token: Token) => (token.userId === null ? ended.guest : ended.user)
  return {
    refusal(token) {
      // A store vouched for it, and only a store can say whether it has ended since.
      if (token.confirmedAt !== null || token.data === null) return 'unavailable'
      if (token.identity === null) return null
      const { id, secret } = token.identity
      return endedOf(token).get(id) || endedOf(token).get(secret) ? 'ended' : null
    },
    end(token) {
      if (token.identity !== null) endedOf(token).set(token.identity.id, true)
    },
    replaced(token) {
      if (token.identity !== null) endedOf(token).set(token.identity.secret, true)
    },
  }
}
