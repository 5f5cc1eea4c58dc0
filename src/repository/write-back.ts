import { SojournError } from '../core/errors.ts'
import type { Events } from '../core/events.ts'
import { expiresAt, type Lifetimes } from '../core/lifetime.ts'
import { putText, textOf, type Texts } from '../core/texts.ts'
import type { Token } from '../core/token.ts'
import type { RecordChange, SessionRecord } from '../stores/store.ts'
import { sha256 } from '../util/sha256.ts'
import type { ResilientStore } from './resilient-store.ts'

/** A record merged with the pending changes of a cookie's copy. */
export interface WriteBackResult {
  readonly record: SessionRecord
  /** The changed keys that the store does not have yet. */
  readonly changed: readonly string[]
  /** The digest of the data that the store was asked to write, if it did not answer. */
  readonly attemptDigest: string | null
}

/** `'conflict'`: another request wrote first, or the session has ended. Read the record again. */
export type WriteBack = (token: Token, record: SessionRecord, now: number) => Promise<WriteBackResult | 'conflict'>

/**
 * Writes the changes that a cookie's copy collected in an outage. They are dropped if the record has changed since the copy was
 * made. A record with the data that an unanswered write would have given it counts as unchanged.
 */
export function createWriteBack(store: ResilientStore, lifetimes: Lifetimes, events: Events): WriteBack {
  return async function writeBack(token, record, now) {
    const data = token.data ?? {}
    // Empty also if the store had written the change, and only its answer was lost.
    const differingKeys = token.changed.filter((key) => textOf(data, key) !== textOf(record.data, key))
    if (differingKeys.length === 0) return { record, changed: [], attemptDigest: null }
    const ids = { id: token.identity!.id, userId: token.userId }
    const isBaseUnchanged = record.version === token.version || digestOf(record.data) === token.tried
    if (!isBaseUnchanged || token.data === null) {
      events.emit?.({ type: 'refused', ...ids })
      return { record, changed: [], attemptDigest: null }
    }
    const lastSeenAt = Math.max(record.lastSeenAt, Math.min(token.lastSeenAt, now))
    const change = {
      ...pickChanges(data, differingKeys),
      lastSeenAt,
      expiresAt: expiresAt(record, lifetimes, lastSeenAt),
    }
    const merged = applyChanges(record.data, change)
    const { secretHash, version } = record
    try {
      const newVersion = await store.update(record.id, { secretHash, version }, change)
      if (newVersion === null) return 'conflict'
      events.emit?.({ type: 'changed', ...ids })
      return { record: { ...record, ...change, version: newVersion, data: merged }, changed: [], attemptDigest: null }
    } catch (error) {
      if (!(error instanceof SojournError)) throw error
      // The store answers reads but not writes, as a full one does. The changes stay in the cookie.
      return { record: { ...record, data: merged }, changed: token.changed, attemptDigest: digestOf(merged) }
    }
  }
}

function pickChanges(data: Texts, keys: readonly string[]): Pick<RecordChange, 'set' | 'unset'> {
  const set: Record<string, string> = {}
  for (const key of keys) if (textOf(data, key) !== undefined) putText(set, key, textOf(data, key)!)
  return { set, unset: keys.filter((key) => textOf(data, key) === undefined) }
}

function applyChanges(data: Texts, { set, unset }: Pick<RecordChange, 'set' | 'unset'>): Texts {
  const merged: Record<string, string> = { ...data, ...set }
  for (const key of unset) Reflect.deleteProperty(merged, key)
  return merged
}

/** Returns a short digest of data, so that a cookie can say which data a store was asked to write. */
export function digestOf(data: Texts): string {
  const entries = Object.entries(data).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return sha256(JSON.stringify(entries)).slice(0, 16)
}
