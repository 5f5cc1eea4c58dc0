import { SojournError } from '../core/errors.ts'
import { isEnding, type Ending, type SessionInfo, type SessionRecord, type SessionStore } from './store.ts'

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /**
   * How many sessions it holds, with those that ended and are not forgotten yet. A full store refuses new ones with an
   * error; it does not evict, which would sign somebody out. 100,000 small sessions take about 100 MB.
   *
   * @default 100_000
   */
  max?: number | undefined
}

let isWarned = false

/**
 * Keeps sessions in this process's memory: for development and tests. A restart signs everybody out and other processes
 * see nothing of it, so it warns, once in a process, where `NODE_ENV` is `production`.
 *
 * When it is full, `create` rejects with an error that says so; what is in it goes on.
 *
 * @throws `ERR_OPTIONS` for a `max` that is no whole number from 1 on.
 */
export function memoryStore({ max = 100_000 }: MemoryStoreOptions = {}): SessionStore {
  if (!Number.isInteger(max) || max < 1)
    throw new SojournError('ERR_OPTIONS', `max is ${max}; use a whole number from 1 on.`)
  warnInProduction()
  const entries = new Map<string, SessionRecord | Ending>()
  const idsByUser = new Map<string, Set<string>>()
  const watchers = new Map<string, Set<() => void>>()

  /** The record of a session that has not ended. */
  function liveRecord(id: string): SessionRecord | undefined {
    const found = entries.get(id)
    return found === undefined || isEnding(found) ? undefined : found
  }

  function addToIndex({ id, userId }: SessionRecord): void {
    if (userId === null) return
    const ids = idsByUser.get(userId)
    if (ids === undefined) idsByUser.set(userId, new Set([id]))
    else ids.add(id)
  }

  function removeFromIndex({ id, userId }: SessionRecord): void {
    const ids = userId === null ? undefined : idsByUser.get(userId)
    ids?.delete(id)
    if (userId !== null && ids?.size === 0) idsByUser.delete(userId)
  }

  function notifyWatchers(id: string): void {
    for (const callback of watchers.get(id) ?? []) queueMicrotask(callback)
  }

  // Nothing here awaits, so each call is one step.
  return {
    async create(record) {
      if (entries.has(record.id)) return false
      if (entries.size >= max) throw new Error(fullMessage(max))
      entries.set(record.id, freezeRecord(record))
      addToIndex(record)
      return true
    },

    async read(id) {
      return entries.get(id) ?? null
    },

    async update(id, held, { set, unset, ...fields }) {
      const record = liveRecord(id)
      if (record === undefined || record.secretHash !== held.secretHash) return null
      if (held.version !== undefined && record.version !== held.version) return null
      const removed = new Set(unset)
      // Entries and spreading, unlike assignment, take `__proto__` for a key like any other.
      const remainingData = Object.fromEntries(Object.entries(record.data).filter(([key]) => !removed.has(key)))
      const version = fields.version ?? record.version + (removed.size > 0 || Object.keys(set).length > 0 ? 1 : 0)
      entries.set(
        id,
        freezeRecord({ ...record, ...definedFields(fields), version, data: { ...remainingData, ...set } }),
      )
      if (fields.secretHash !== undefined) notifyWatchers(id)
      return version
    },

    async end(id, { ended, endedAt, expiresAt }) {
      const record = liveRecord(id)
      if (record === undefined) return false
      entries.set(id, Object.freeze({ ended, endedAt, expiresAt }))
      removeFromIndex(record)
      notifyWatchers(id)
      return true
    },

    async list(userId) {
      return [...(idsByUser.get(userId) ?? [])].map((id) => infoOf(liveRecord(id)!))
    },

    async sweep(before) {
      let swept = 0
      for (const [id, found] of entries) {
        if (found.expiresAt >= before) continue
        entries.delete(id)
        if (!isEnding(found)) removeFromIndex(found)
        if (++swept === 1000) break
      }
      return swept
    },

    async *all() {
      // A copy: what is deleted and put in again meanwhile would come twice.
      yield* Array.from(entries)
    },

    watch(id, onEnd) {
      const callback = () => onEnd()
      const callbacks = watchers.get(id) ?? new Set()
      watchers.set(id, callbacks.add(callback))
      return () => {
        if (callbacks.delete(callback) && callbacks.size === 0) watchers.delete(id)
      }
    },
  }
}

/** A copy that nobody can change, so that it may be handed out. */
const freezeRecord = (record: SessionRecord): SessionRecord =>
  Object.freeze({ ...record, data: Object.freeze({ ...record.data }) })

/** The fields that a change names. */
const definedFields = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const infoOf = ({ data: _data, secretHash: _hash, version: _version, ...info }: SessionRecord): SessionInfo => info

const fullMessage = (max: number): string =>
  `The memory store is full: it holds ${max} sessions, its max. Sessions for more people belong in sqliteStore(…); or raise max.`

function warnInProduction(): void {
  if (isWarned || process.env['NODE_ENV'] !== 'production') return
  isWarned = true
  console.warn(
    'Sessions are in this process’s memory: lost on restart, not shared between processes. Use sqliteStore(…).',
  )
}
