import type { Lifetimes } from '../core/lifetime.ts'
import type { Token } from '../core/token.ts'
import type { CommitPlan } from '../session/commit-plan.ts'
import { mergeChangedKeys } from '../session/data-changes.ts'
import type { SessionRecord } from '../stores/store.ts'
import type { SaveResult } from './repository.ts'
import { digestOf } from './write-back.ts'

export type CookieCopies = ReturnType<typeof createCookieCopies>

/**
 * The copies of sessions in their cookies, for `unconfirmedFor`: they are used while the store cannot be asked. A copy has its
 * record's version, and the names of the keys that were changed later.
 */
export function createCookieCopies({ unconfirmedFor }: Lifetimes) {
  const hasCopies = unconfirmedFor > 0

  /** Returns the version that a record has after a commit, if no other request changes it meanwhile. */
  const expectedVersionOf = ({ continuedToken, change }: CommitPlan): number =>
    continuedToken === null || continuedToken.confirmedAt === null
      ? 1
      : continuedToken.version + (change === null ? 0 : 1)

  return {
    expectedVersionOf,

    /** Returns whether a token's copy is not the record's version, or half of its `unconfirmedFor` is used up. */
    isOutdated({ version, confirmedAt }: Token, record: SessionRecord, now: number): boolean {
      const half = (unconfirmedFor * 1000) / 2
      return hasCopies && (version !== record.version || now - (confirmedAt ?? 0) >= half)
    },

    /** Returns the token with a copy, after the store has saved a plan; `null` if cookies have no copies. */
    withCopy(plan: CommitPlan, now: number, saveResult: SaveResult): Token | null {
      if (!hasCopies) return null
      // A stale copy keeps the older version number, so that the next request renews it.
      const version = saveResult === 'saved-copy-stale' ? (plan.continuedToken?.version ?? 0) : expectedVersionOf(plan)
      return { ...plan.token, label: null, confirmedAt: now, version, changed: [] }
    },

    /** Returns whether a plan that the store did not answer can wait in the cookie. A sign-in and a renewal cannot. */
    canDefer: ({ type, token }: CommitPlan): boolean =>
      hasCopies && (type === 'changed' || (type === 'began' && token.userId === null)),

    /** Returns the token with changes that the store does not have yet. */
    withPendingChange({ continuedToken, token, change, unconfirmed }: CommitPlan, now: number): Token {
      const changed = mergeChangedKeys(continuedToken?.changed ?? [], change)
      // A guest that no store has confirmed lives in the cookie alone. The store adopts the session when it answers. It may have
      // the session already, if only its answer was lost.
      if (continuedToken === null || continuedToken.confirmedAt === null)
        return { ...token, label: null, confirmedAt: null, version: 1, changed }
      const confirmedAt = unconfirmed ? continuedToken.confirmedAt : now
      // A change that was already pending is not sent to the store again by the same request.
      const attemptDigest =
        continuedToken.changed.length === 0 ? digestOf(token.data ?? {}) : (continuedToken.tried ?? null)
      return { ...token, label: null, confirmedAt, version: continuedToken.version, changed, tried: attemptDigest }
    },
  }
}
