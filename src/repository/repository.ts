import type { LogicalTime } from '../core/logical-time.ts'
import type { Outcome } from '../core/outcome.ts'
import type { Token } from '../core/token.ts'
import type { CommitPlan } from '../session/commit-plan.ts'
import type { Ending } from '../stores/store.ts'

/**
 * The result of looking up one of our cookies. `outcome` says which of three cases it is:
 *
 * - **The session opens**: `active`, or `unconfirmed` if the store cannot be asked and the cookie's copy is used. `token` is the
 *   session as it is now: with a store, what its record says, not what the cookie says.
 * - **The session is over**: `ended`, `revoked`, `limit`, `idle` or `expired`. Example: it was revoked from another device. `token` is
 *   what the cookie said, or what the record said if it expired there: for logs and sign-outs.
 * - **Not known**: `unavailable`. The store cannot be asked, and there is no copy to use. `token` is what the cookie said.
 *
 * A cookie that no key opened never reaches the repository. Its result has the format's outcome, such as `forged`, and
 * `token: null`.
 */
export interface LookupResult {
  readonly outcome: Outcome
  readonly token: Token | null
  /**
   * Whether this request must write the cookie again, whatever the handler does. For example: an older key sealed it, no store
   * had confirmed its session, or its copy is not the version that the store has. Ignored if the session does not open.
   */
  readonly isStale: boolean
  /** The driver's error, if the store could not be asked. @default undefined */
  readonly cause?: unknown
}

/**
 * The result of saving the changes of one request. It decides which cookie is sent.
 *
 * - **`saved`**: written as planned. The cookie is sent as planned. Example: the user put tea into the cart, and no other
 *   request changed the session meanwhile. Without a store, every save that is not rejected or skipped.
 * - **`saved-copy-stale`**: written, but another request has changed the session meanwhile. So the copy of the data in our
 *   cookie lacks that change. It is sent with the older version number, and the next request renews it. Example: two tabs
 *   change different keys at once; this is the slower one.
 * - **`deferred`**: the store is down. The changes are sent in the cookie's copy, and the first request after the
 *   outage writes them to the store. Example: a theme is changed while Redis restarts. Never for a sign-in or a renewal.
 * - **`rejected`**: nothing is stored, and no cookie is sent. The session has ended or was renewed meanwhile, or `revokeAll`
 *   ran during a sign-in. Example: a slow request ends after its user has signed out in another tab.
 * - **`skipped`**: nothing was written, and no cookie is sent, because at most the last use would have been recorded. Example:
 *   the store is down, or a newer response has set the cookie meanwhile. The next request records the use.
 */
export type SaveResult = 'saved' | 'saved-copy-stale' | 'deferred' | 'rejected' | 'skipped'

/** Where sessions live: in their cookies, or in a store. Returns promises only if it has to ask a store. */
export interface SessionRepository {
  /**
   * Looks up the session of a token.
   *
   * @param key which secret opened the token: 0 is the one that seals, all others make the cookie stale
   */
  find(token: Token, key: number, moment: LogicalTime): LookupResult | Promise<LookupResult>
  /**
   * Returns the token to send after a save, or `null` to leave the cookie as it is. It writes nothing, so it can also be called
   * before the save, with an assumed result.
   */
  tokenFor(plan: CommitPlan, moment: LogicalTime, saveResult: SaveResult): Token | null
  /** Saves the changes of a request, if the session is still the one that the request opened. */
  save(plan: CommitPlan, moment: LogicalTime): SaveResult | Promise<SaveResult>
  /** Keeps a token with deferred changes, once its cookie is sealed, so that another tab's cookie cannot replace them. */
  keepDeferred?(token: Token): void
  /** Ends a session, so that no token of its id opens. Returns `false` if the store has not confirmed it yet. */
  end(token: Token, reason: Ending['ended'], moment: LogicalTime): boolean | Promise<boolean>
}
