import { SojournError } from '../core/errors.ts'
import { expiryReason } from '../core/lifetime.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import { putText, textOf, type Texts } from '../core/texts.ts'
import type { ChangedKey, Token } from '../core/token.ts'
import { applyDataChange, digestOf, type DataChange } from '../session/data-changes.ts'
import { isDataKey } from '../session/data-state.ts'
import type { SessionRecord } from '../stores/store.ts'
import { recordOf, storeExpiry } from './record.ts'
import type { StoreContext } from './store-context.ts'
import { tooManyConflictsError } from './store-errors.ts'

/**
 * How often a request finds that another one wrote first, before it fails. A store with a damaged record may say so for ever, and
 * without I/O no timer could end the loop.
 */
export const maxConflicts = 10

/** A record merged with the pending changes of a cookie's copy. */
export interface WriteBackResult {
  readonly record: SessionRecord
  /** The changed keys that the store does not have yet. */
  readonly changed: readonly ChangedKey[]
  /** Why it does not have them. */
  readonly error?: unknown
}

/** Writes the changes that were made in an outage. */
export interface WriteBack {
  /**
   * Writes the changed keys of a token. A key is dropped if its value in the record has changed since the copy was made, unless
   * an earlier write of the same changes did that. `'conflict'`: another request wrote first. Read the record again. `'expired'`:
   * the session was not used for too long, in the cookie neither, or its record is damaged. Nothing is written.
   */
  write(token: Token, record: SessionRecord, moment: LogicalTime): Promise<WriteBackResult | 'conflict' | 'expired'>
  /** Does the same to the record as it is now. Resolves to `false` if the session has ended. @throws if a write is not answered */
  writeNow(token: Token, moment: LogicalTime): Promise<boolean>
  /** Drops the changes of this process that the token does not have although a store has confirmed it since. */
  dropOutdated(token: Token, record: SessionRecord): void
}

/** Keys may contain what a visitor sent, and be as long. */
const maxShownKeyLength = 100

// One closure, because its functions are the steps of bringing a token and the store together.
export function createWriteBack({ store, readAndLearn, lifetimes, events, pending }: StoreContext): WriteBack {
  function reportDropped({ id, userId }: SessionRecord, keys: readonly string[]): void {
    if (keys.length === 0) return
    const names = keys.filter(isDataKey).map((key) => key.slice(0, maxShownKeyLength))
    events.emitter()?.({ type: 'refused', id, userId, keys: names })
  }

  /** Returns the keys to write. Drops those that were changed elsewhere. */
  function selectKeys(token: Token, record: SessionRecord): readonly ChangedKey[] {
    // A settled change was written before. If the record has another value now, that is newer.
    const open = token.changed.filter(([key, changedAt]) => changedAt !== pending.settledAt(token, key))
    const differing = open.filter(([key]) => textOf(token.data!, key) !== textOf(record.data, key))
    const writable = pending.withAttempts(token, differing).filter(([key, changedAt, ...replaced]) => {
      return changedAt > pending.settledAt(token, key) && replaced.includes(digestOf(record.data, key))
    })
    const keys = new Set(writable.map(([key]) => key))
    pending.settle(
      token,
      open.filter(([key]) => !keys.has(key)),
      record.version,
    )
    const dropped = differing.map(([key]) => key).filter((key) => !keys.has(key))
    reportDropped(record, dropped)
    return writable
  }

  const write: WriteBack['write'] = async (token, record, moment) => {
    const lastSeenAt = Math.max(record.lastSeenAt, Math.min(token.lastSeenAt, moment.at))
    if (expiryReason({ ...record, lastSeenAt }, lifetimes, moment.at) !== null) return 'expired'
    const changed = selectKeys(token, record)
    if (changed.length === 0) return { record, changed }
    const { id, userId, secretHash, version } = record
    const keys = changed.map(([key]) => key)
    const change = {
      ...pickChange(token.data!, keys),
      lastSeenAt,
      expiresAt: storeExpiry(record, lifetimes, lastSeenAt),
    }
    const data = applyDataChange(record.data, change)
    try {
      const newVersion = await store.update({ id, userId }, { secretHash, version, record }, change, moment)
      if (newVersion === null) return 'conflict'
      pending.settle(token, changed, newVersion)
      pending.wrote(token, newVersion, change)
      events.emitter()?.({ type: 'changed', id, userId })
      return { record: { ...record, ...change, version: newVersion, data }, changed: [] }
    } catch (error) {
      if (!(error instanceof SojournError)) throw error
      pending.attempted(token, token.data!, changed, record.data)
      return { record: { ...record, data }, changed, error }
    }
  }

  return {
    write,

    async writeNow(token, moment) {
      const isUnseenGuest = token.confirmedAt === null && token.userId === null
      for (let attempt = 0; attempt < maxConflicts; attempt++) {
        const found = await readAndLearn(token, moment)
        if (found === null && isUnseenGuest) {
          const { result } = await store.create(recordOf(token, 1, lifetimes), undefined, moment)
          if (result !== 'created') continue
          pending.settle(token, token.changed, 1)
          return true
        }
        if (found === null || typeof found === 'string') return false
        const written = await write(token, found, moment)
        if (written === 'conflict') continue
        if (written === 'expired') return false
        if (written.changed.length > 0) throw written.error
        return true
      }
      throw tooManyConflictsError()
    },

    dropOutdated(token, record) {
      const outdated = pending.outdated(token)
      if (outdated.length === 0) return
      pending.settle(
        token,
        outdated.map(({ entry }) => entry),
        record.version,
      )
      const dropped = outdated.filter(({ entry: [key], text }) => textOf(record.data, key) !== text)
      reportDropped(
        record,
        dropped.map(({ entry: [key] }) => key),
      )
    },
  }
}

function pickChange(data: Texts, keys: readonly string[]): DataChange {
  const set: Record<string, string> = {}
  for (const key of keys) if (textOf(data, key) !== undefined) putText(set, key, textOf(data, key)!)
  return { set, unset: keys.filter((key) => textOf(data, key) === undefined) }
}
