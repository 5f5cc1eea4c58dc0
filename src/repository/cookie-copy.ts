import type { Codec } from '../core/codec.ts'
import type { Lifetimes } from '../core/lifetime.ts'
import type { Texts } from '../core/texts.ts'
import type { ChangedKey, Token } from '../core/token.ts'
import type { CommitPlan } from '../session/commit-plan.ts'
import { applyDataChange, mergeChangedKeys, type DataChange } from '../session/data-changes.ts'
import type { SessionRecord } from '../stores/store.ts'
import { applyUpdates, exactUpdates } from './exact-updates.ts'
import type { PendingChanges } from './pending-changes.ts'
import type { SaveResult } from './repository.ts'

export type CookieCopies = ReturnType<typeof createCookieCopies>

/**
 * The copies of sessions in their cookies, for `unconfirmedFor`: they are used while the store cannot be asked. A copy has its
 * record's version, and the names of the keys that were changed later.
 */
export function createCookieCopies({ unconfirmedFor }: Lifetimes, codec: Codec, pending: PendingChanges) {
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

    /** Returns the token with changes that the store does not have yet: those of the plan, and those of other tabs. */
    withPendingChange(plan: CommitPlan, now: number): Token {
      const { continuedToken: opened, token, unconfirmed } = plan
      if (opened === null) {
        const changed = mergeChangedKeys({ changed: [], data: null }, plan.change, pending.nextTime(now, token))
        return { ...token, label: null, confirmedAt: null, version: 1, changed }
      }
      const present = pending.merge(opened)
      // Another tab has changed the session since: apply `session.update` to its values.
      const change = present === opened ? plan.change : withUpdates(plan, present.data!, codec)
      const data = present === opened ? token.data : applyDataChange(present.data!, change)
      const merged = mergeChangedKeys(present, change, pending.nextTime(now, opened))
      // Keep only the digest of the store's value, because this copy is older than the record.
      const kept = pending.isStale(opened) ? merged.map(([key, at, stored]): ChangedKey => [key, at, stored!]) : merged
      const changed = pending.withAttempts(token, kept)
      // A guest that no store has confirmed lives in the cookie alone. The store adopts the session when it answers. It may have
      // the session already, if only its answer was lost.
      const isUnseen = opened.confirmedAt === null
      const confirmedAt = isUnseen || unconfirmed ? opened.confirmedAt : now
      return { ...token, label: null, data, confirmedAt, version: isUnseen ? 1 : opened.version, changed }
    },
  }
}

function withUpdates(plan: CommitPlan, data: Texts, codec: Codec): DataChange | null {
  return plan.change === null ? null : applyUpdates(plan.change, exactUpdates(plan, plan.change), data, codec)
}
