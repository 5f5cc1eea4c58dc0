import { SojournError } from '../core/errors.ts'
import type { Events } from '../core/events.ts'
import { expiresAt, type Lifetimes } from '../core/lifetime.ts'
import { putText, textOf, type Texts } from '../core/texts.ts'
import type { Token } from '../core/token.ts'
import type { CommitPlan } from '../session/commit-plan.ts'
import { mergeChangedKeys } from '../session/data-changes.ts'
import type { SessionRecord } from '../stores/store.ts'
import { sha256 } from '../util/sha256.ts'
import type { SaveResult } from './repository.ts'
import type { ResilientStore } from './resilient-store.ts'

/** A record as it is with what was changed meanwhile, the keys of that which the store does not have yet, and what it was asked to write. */
interface WriteBackResult {
  readonly record: SessionRecord
  readonly changed: readonly string[]
  readonly attemptDigest: string | null
}

export type CookieCopies = ReturnType<typeof createCookieCopies>

/**
 * The copies of sessions that ride in their cookies, for as long as their store cannot be asked. A copy says of which version
 * of the record it is and, of what was changed in it since, the keys.
 */
export function createCookieCopies(store: ResilientStore, lifetimes: Lifetimes, events: Events) {
  const hasCopies = lifetimes.unconfirmedFor > 0

  /** The version that a record has after a step, if no other request changes it meanwhile. */
  const expectedVersionOf = ({ openedToken, change }: CommitPlan): number =>
    openedToken === null || openedToken.confirmedAt === null ? 1 : openedToken.version + (change === null ? 0 : 1)

  return {
    expectedVersionOf,

    /** Whether a token's copy is another than the record, or was confirmed so long ago that half of its time is used up. */
    isOutdated({ version, confirmedAt }: Token, record: SessionRecord, now: number): boolean {
      const half = (lifetimes.unconfirmedFor * 1000) / 2
      return hasCopies && (version !== record.version || now - (confirmedAt ?? 0) >= half)
    },

    /** What goes into the cookie for a step that the store has taken; `null` where there are no copies. */
    withCopy(plan: CommitPlan, now: number, saveResult: SaveResult): Token | null {
      if (!hasCopies) return null
      // One that is behind says so by its version, and the next request renews it.
      const version = saveResult === 'saved-copy-stale' ? (plan.openedToken?.version ?? 0) : expectedVersionOf(plan)
      return { ...plan.token, label: null, confirmedAt: now, version, changed: [] }
    },

    /** Whether a step that the store did not answer can be kept in the cookie until it does: no sign-in, and no renewal. */
    canDefer: ({ type, token }: CommitPlan): boolean =>
      hasCopies && (type === 'changed' || (type === 'began' && token.userId === null)),

    /** What goes into the cookie for a step that the store does not have yet. */
    withPendingChange({ openedToken, token, change, unconfirmed }: CommitPlan, now: number): Token {
      const changed = mergeChangedKeys(openedToken?.changed ?? [], change)
      // A guest that no store has answered for is nothing but this cookie: the store takes them in when it answers, or has
      // what they began with already, where only its answer was lost.
      if (openedToken === null || openedToken.confirmedAt === null)
        return { ...token, label: null, confirmedAt: null, version: 1, changed }
      const confirmedAt = unconfirmed ? openedToken.confirmedAt : now
      // What waits already is not tried again by the same request.
      const attemptDigest = openedToken.changed.length === 0 ? digestOf(token.data ?? {}) : (openedToken.tried ?? null)
      return { ...token, label: null, confirmedAt, version: openedToken.version, changed, tried: attemptDigest }
    },

    /**
     * Writes what was changed while the store could not be asked, if the record is still what it was changed from, or what
     * the store was asked to make of it without an answer; otherwise it is dropped. `'conflict'` where another request was faster, or ended the session.
     */
    async writeBack(token: Token, record: SessionRecord, now: number): Promise<WriteBackResult | 'conflict'> {
      const { identity, userId } = token
      const data = token.data ?? {}
      const differingKeys = token.changed.filter((key) => textOf(data, key) !== textOf(record.data, key))
      // Also where the store had done it all the same, and its answer was lost.
      if (differingKeys.length === 0) return { record, changed: [], attemptDigest: null }
      const isBaseUnchanged = record.version === token.version || digestOf(record.data) === token.tried
      if (!isBaseUnchanged || token.data === null) {
        events.emit?.({ type: 'refused', id: identity!.id, userId })
        return { record, changed: [], attemptDigest: null }
      }
      const set: Record<string, string> = {}
      for (const key of differingKeys) if (textOf(data, key) !== undefined) putText(set, key, textOf(data, key)!)
      const unset = differingKeys.filter((key) => textOf(data, key) === undefined)
      const merged: Record<string, string> = { ...record.data, ...set }
      for (const key of unset) Reflect.deleteProperty(merged, key)

      const lastSeenAt = Math.max(record.lastSeenAt, Math.min(token.lastSeenAt, now))
      const change = { set, unset, lastSeenAt, expiresAt: expiresAt(record, lifetimes, lastSeenAt) }
      const { secretHash, version } = record
      try {
        const newVersion = await store.update(record.id, { secretHash, version }, change)
        if (newVersion === null) return 'conflict'
        events.emit?.({ type: 'changed', id: identity!.id, userId })
        return { record: { ...record, ...change, version: newVersion, data: merged }, changed: [], attemptDigest: null }
      } catch (error) {
        if (!(error instanceof SojournError)) throw error
        // The store reads, and does not write, as a full one: what was changed goes on in the cookie.
        return { record: { ...record, data: merged }, changed: token.changed, attemptDigest: digestOf(merged) }
      }
    },
  }
}

/** Names data by what is in it. */
function digestOf(data: Texts): string {
  const entries = Object.entries(data).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return sha256(JSON.stringify(entries)).slice(0, 16)
}
