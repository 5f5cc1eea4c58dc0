import { changedKeys } from '../session/session-data.ts'
import { SojournError } from '../core/errors.ts'
import type { Events } from '../core/events.ts'
import type { Token } from '../core/token.ts'
import type { GuardedStore } from './resilient-store.ts'
import { sha256 } from '../util/sha256.ts'
import type { Verdict } from './repository.ts'
import { endIfUnused, type Lifetimes } from '../core/lifetime.ts'
import type { Step } from '../session/state.ts'
import type { SessionRecord } from '../stores/store.ts'
import { putText, textOf, type Texts } from '../core/texts.ts'

/** A record as it is with what was changed meanwhile, the keys of that which the store does not have yet, and what it was asked to write. */
interface BroughtIn {
  readonly record: SessionRecord
  readonly changed: readonly string[]
  readonly tried: string | null
}

export type Copies = ReturnType<typeof createCopies>

/**
 * The copies of sessions that ride in their cookies, for as long as their store cannot be asked. A copy says of which version
 * of the record it is and, of what was changed in it since, the keys.
 */
export function createCopies(store: GuardedStore, lifetimes: Lifetimes, events: Events) {
  const hasCopies = lifetimes.unconfirmedFor > 0

  /** The version that a record has after a step, if no other request changes it meanwhile. */
  const versionOf = ({ opened, change }: Step): number =>
    opened === null || opened.confirmedAt === null ? 1 : opened.version + (change === null ? 0 : 1)

  return {
    versionOf,

    /** Whether a token's copy is another than the record, or was confirmed so long ago that half of its time is used up. */
    isOld({ version, confirmedAt }: Token, record: SessionRecord, now: number): boolean {
      const half = (lifetimes.unconfirmedFor * 1000) / 2
      return hasCopies && (version !== record.version || now - (confirmedAt ?? 0) >= half)
    },

    /** What goes into the cookie for a step that the store has taken; `null` where there are no copies. */
    of(step: Step, now: number, verdict: Verdict): Token | null {
      if (!hasCopies) return null
      // One that is behind says so by its version, and the next request renews it.
      const version = verdict === 'behind' ? (step.opened?.version ?? 0) : versionOf(step)
      return { ...step.token, label: null, confirmedAt: now, version, changed: [] }
    },

    /** Whether a step that the store did not answer can be kept in the cookie until it does: no sign-in, and no renewal. */
    canCarry: ({ type, token }: Step): boolean =>
      hasCopies && (type === 'changed' || (type === 'began' && token.userId === null)),

    /** What goes into the cookie for a step that the store does not have yet. */
    carrying({ opened, token, change, unconfirmed }: Step, now: number): Token {
      const changed = changedKeys(opened?.changed ?? [], change)
      // A guest that no store has answered for is nothing but this cookie: the store takes them in when it answers, or has
      // what they began with already, where only its answer was lost.
      if (opened === null || opened.confirmedAt === null)
        return { ...token, label: null, confirmedAt: null, version: 1, changed }
      const confirmedAt = unconfirmed ? opened.confirmedAt : now
      // What waits already is not tried again by the same request.
      const tried = opened.changed.length === 0 ? digestOf(token.data ?? {}) : (opened.tried ?? null)
      return { ...token, label: null, confirmedAt, version: opened.version, changed, tried }
    },

    /**
     * Writes what was changed while the store could not be asked, if the record is still what it was changed from, or what
     * the store was asked to make of it without an answer; otherwise it is dropped. `'missed'` where another request was faster, or ended the session.
     */
    async bringIn(token: Token, record: SessionRecord, now: number): Promise<BroughtIn | 'missed'> {
      const { identity, userId } = token
      const data = token.data ?? {}
      const other = token.changed.filter((key) => textOf(data, key) !== textOf(record.data, key))
      // Also where the store had done it all the same, and its answer was lost.
      if (other.length === 0) return { record, changed: [], tried: null }
      const isOurs = record.version === token.version || digestOf(record.data) === token.tried
      if (!isOurs || token.data === null) {
        events.emit?.({ type: 'refused', id: identity!.id, userId })
        return { record, changed: [], tried: null }
      }
      const set: Record<string, string> = {}
      for (const key of other) if (textOf(data, key) !== undefined) putText(set, key, textOf(data, key)!)
      const unset = other.filter((key) => textOf(data, key) === undefined)
      const merged: Record<string, string> = { ...record.data, ...set }
      for (const key of unset) Reflect.deleteProperty(merged, key)

      const lastSeenAt = Math.max(record.lastSeenAt, Math.min(token.lastSeenAt, now))
      const change = { set, unset, lastSeenAt, expiresAt: endIfUnused(record, lifetimes, lastSeenAt) }
      const { secretHash, version } = record
      try {
        const written = await store.update(record.id, { secretHash, version }, change)
        if (written === null) return 'missed'
        events.emit?.({ type: 'changed', id: identity!.id, userId })
        return { record: { ...record, ...change, version: written, data: merged }, changed: [], tried: null }
      } catch (error) {
        if (!(error instanceof SojournError)) throw error
        // The store reads, and does not write, as a full one: what was changed goes on in the cookie.
        return { record: { ...record, data: merged }, changed: token.changed, tried: digestOf(merged) }
      }
    },
  }
}

/** Names data by what is in it. */
function digestOf(data: Texts): string {
  const entries = Object.entries(data).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return sha256(JSON.stringify(entries)).slice(0, 16)
}
