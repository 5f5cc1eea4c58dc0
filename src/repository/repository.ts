import type { LogicalTime } from '../core/logical-time.ts'
import type { Outcome } from '../core/outcome.ts'
import type { Token } from '../core/token.ts'
import type { CommitPlan } from '../session/commit-plan.ts'
import type { Ending } from '../stores/store.ts'

/** What one of our cookies in a request says. */
export interface LookupResult {
  readonly outcome: Outcome
  /** The session as it is now. Of a token that was refused, what it said, where its seal was right. */
  readonly token: Token | null
  /** Whether the cookie is to be written anew: an older key sealed it, or no store had confirmed it. */
  readonly isStale: boolean
  /** Why a store could not be asked, as its driver says. @default none */
  readonly cause?: unknown
}

/**
 * What became of a step: kept; kept, but another request changed the session meanwhile, so that the cookie's copy is behind;
 * carried, in the cookie's copy, since the store could not be asked; refused, since its session has ended or was renewed
 * meanwhile; or needless by now.
 */
export type SaveResult = 'saved' | 'saved-copy-stale' | 'deferred' | 'rejected' | 'skipped'

/** Where sessions are kept: in their cookie, or in a store. Answers at once where nobody has to be asked. */
export interface SessionRepository {
  /** What a token's session is now. */
  find(token: Token, key: number, moment: LogicalTime): LookupResult | Promise<LookupResult>
  /** What goes into the cookie for a step, whatever became of it; `null` where the cookie stays as it is. */
  tokenFor(plan: CommitPlan, moment: LogicalTime, saveResult: SaveResult): Token | null
  /** Keeps what a request did with its session, if that is still what the request opened. */
  save(plan: CommitPlan, moment: LogicalTime): SaveResult | Promise<SaveResult>
  /** Ends a session: no token of its id is accepted any more. `false` while it is not known to be ended everywhere. */
  end(token: Token, reason: Ending['ended'], now: number): boolean | Promise<boolean>
}
