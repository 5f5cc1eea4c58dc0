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

let warned = false

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
  const kept = new Map<string, SessionRecord | Ending>()
  const idsOf = new Map<string, Set<string>>()
  const watchers = new Map<string, Set<() => void>>()

  /** The record of a session that has not ended. */
  function liveOne(id: string): SessionRecord | undefined {
    const found = kept.get(id)
    return found === undefined || isEnding(found) ? undefined : found
  }

  function index({ id, userId }: SessionRecord): void {
    if (userId === null) return
    const ids = idsOf.get(userId)
    if (ids === undefined) idsOf.set(userId, new Set([id]))
    else ids.add(id)
  }

  function unindex({ id, userId }: SessionRecord): void {
    const ids = userId === null ? undefined : idsOf.get(userId)
    ids?.delete(id)
    if (userId !== null && ids?.size === 0) idsOf.delete(userId)
  }

  function tell(id: string): void {
    for (const told of watchers.get(id) ?? []) queueMicrotask(told)
  }

  // Nothing here awaits, so each call is one step.
  return {
    async create(record) {
      if (kept.has(record.id)) return false
      if (kept.size >= max) throw new Error(fullMessage(max))
      kept.set(record.id, frozen(record))
      index(record)
      return true
    },

    async read(id) {
      return kept.get(id) ?? null
    },

    async update(id, held, { set, unset, ...fields }) {
      const record = liveOne(id)
      if (record === undefined || record.secretHash !== held.secretHash) return null
      if (held.version !== undefined && record.version !== held.version) return null
      const removed = new Set(unset)
      // Entries and spreading, unlike assignment, take `__proto__` for a key like any other.
      const left = Object.fromEntries(Object.entries(record.data).filter(([key]) => !removed.has(key)))
      const version = fields.version ?? record.version + (removed.size > 0 || Object.keys(set).length > 0 ? 1 : 0)
      kept.set(id, frozen({ ...record, ...given(fields), version, data: { ...left, ...set } }))
      if (fields.secretHash !== undefined) tell(id)
      return version
    },

    async end(id, { ended, endedAt, expiresAt }) {
      const record = liveOne(id)
      if (record === undefined) return false
      kept.set(id, Object.freeze({ ended, endedAt, expiresAt }))
      unindex(record)
      tell(id)
      return true
    },

    async list(userId) {
      return [...(idsOf.get(userId) ?? [])].map((id) => infoOf(liveOne(id)!))
    },

    async sweep(before) {
      let swept = 0
      for (const [id, found] of kept) {
        if (found.expiresAt >= before) continue
        kept.delete(id)
        if (!isEnding(found)) unindex(found)
        if (++swept === 1000) break
      }
      return swept
    },

    async *all() {
      // A copy: what is deleted and put in again meanwhile would come twice.
      yield* Array.from(kept)
    },

    watch(id, over) {
      const told = () => over()
      const ofId = watchers.get(id) ?? new Set()
      watchers.set(id, ofId.add(told))
      return () => {
        if (ofId.delete(told) && ofId.size === 0) watchers.delete(id)
      }
    },
  }
}

/** A copy that nobody can change, so that it may be handed out. */
const frozen = (record: SessionRecord): SessionRecord =>
  Object.freeze({ ...record, data: Object.freeze({ ...record.data }) })

/** The fields that a change names. */
const given = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const infoOf = ({ data: _data, secretHash: _hash, version: _version, ...info }: SessionRecord): SessionInfo => info

const fullMessage = (max: number): string =>
  `The memory store is full: it holds ${max} sessions, its max. Sessions for more people belong in sqliteStore(…); or raise max.`

function warnInProduction(): void {
  if (warned || process.env['NODE_ENV'] !== 'production') return
  warned = true
  console.warn(
    'Sessions are in this process’s memory: lost on restart, not shared between processes. Use sqliteStore(…).',
  )
}
