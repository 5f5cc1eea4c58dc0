import { SojournError } from '../core/errors.ts'
import { warnOnce } from '../core/warn-once.ts'
import {
  isEnding,
  type Ending,
  type SessionInfo,
  type SessionNotice,
  type SessionRecord,
  type SessionStore,
} from './store.ts'

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /**
   * How many sessions the store holds, endings included. A full store refuses new sessions with an error. It does not evict,
   * because that would sign a user out. 100,000 small sessions take about 100 MB.
   *
   * @default 100_000
   */
  max?: number | undefined
}

/**
 * Keeps sessions in this process's memory, for development and tests. A restart signs all users out, and other processes do
 * not see the sessions. It therefore warns once if `NODE_ENV` is `production`.
 *
 * If the store is full, `create` rejects with an error that says so. Sessions in the store keep working.
 *
 * @throws `ERR_OPTIONS` if `max` is not a whole number of at least 1.
 */
// One function, because every method works on the same entries. No method awaits anything, so each call is atomic.
export function memoryStore({ max = 100_000 }: MemoryStoreOptions = {}): SessionStore {
  if (!Number.isInteger(max) || max < 1)
    throw new SojournError('ERR_OPTIONS', `max is ${max}; use a whole number of at least 1.`)
  warnInProduction()
  const entries = new Map<string, SessionRecord | Ending>()
  const userIndex = createUserIndex()
  const watchers = new Set<(notice: SessionNotice) => void>()

  /** Returns the record of a session that has not ended. */
  function liveRecord(id: string): SessionRecord | undefined {
    const found = entries.get(id)
    return found === undefined || isEnding(found) ? undefined : found
  }

  function notifyWatchers(notice: SessionNotice): void {
    for (const onNotice of watchers) queueMicrotask(() => void (watchers.has(onNotice) && onNotice(notice)))
  }

  return {
    async create(record) {
      if (entries.has(record.id)) return false
      if (entries.size >= max) throw new Error(fullMessage(max))
      entries.set(record.id, freezeRecord(record))
      userIndex.add(record)
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
      // Object.fromEntries and spread treat `__proto__` as an ordinary key. Assignment would set the prototype.
      const remainingData = Object.fromEntries(Object.entries(record.data).filter(([key]) => !removed.has(key)))
      const version = fields.version ?? record.version + (removed.size > 0 || Object.keys(set).length > 0 ? 1 : 0)
      entries.set(
        id,
        freezeRecord({ ...record, ...definedFields(fields), version, data: { ...remainingData, ...set } }),
      )
      const { secretHash } = fields
      if (secretHash !== undefined)
        notifyWatchers({ id, isGuest: record.userId === null, replacedHash: held.secretHash, secretHash })
      return version
    },

    async end(id, { ended, endedAt, expiresAt }) {
      const record = liveRecord(id)
      if (record === undefined) return false
      entries.set(id, Object.freeze({ ended, endedAt, expiresAt }))
      userIndex.remove(record)
      notifyWatchers({ id, isGuest: record.userId === null, ended })
      return true
    },

    async list(userId) {
      return userIndex.idsOf(userId).map((id) => infoOf(liveRecord(id)!))
    },

    async sweep(before) {
      let swept = 0
      for (const [id, found] of entries) {
        if (found.expiresAt >= before) continue
        entries.delete(id)
        if (!isEnding(found)) userIndex.remove(found)
        if (++swept === 1000) break
      }
      return swept
    },

    async *all() {
      // Iterate over a copy: an entry that is deleted and added again meanwhile would come twice.
      yield* Array.from(entries)
    },

    watch(onNotice) {
      // A function of its own, so that one callback can be added twice and removed once.
      const watcher = (notice: SessionNotice) => onNotice(notice)
      watchers.add(watcher)
      return () => void watchers.delete(watcher)
    },
  }
}

/** The ids of each user's sessions. */
function createUserIndex() {
  const idsByUser = new Map<string, Set<string>>()
  return {
    idsOf: (userId: string): string[] => [...(idsByUser.get(userId) ?? [])],
    add({ id, userId }: SessionRecord): void {
      if (userId === null) return
      const ids = idsByUser.get(userId)
      if (ids === undefined) idsByUser.set(userId, new Set([id]))
      else ids.add(id)
    },
    remove({ id, userId }: SessionRecord): void {
      if (userId === null) return
      const ids = idsByUser.get(userId)
      ids?.delete(id)
      if (ids?.size === 0) idsByUser.delete(userId)
    },
  }
}

/** Copies a record and freezes the copy, so that callers cannot change the stored session. */
const freezeRecord = (record: SessionRecord): SessionRecord =>
  Object.freeze({ ...record, data: Object.freeze({ ...record.data }) })

/** Picks the fields that a change names. */
const definedFields = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

const infoOf = ({ data: _data, secretHash: _hash, version: _version, ...info }: SessionRecord): SessionInfo => info

const fullMessage = (max: number): string =>
  `The memory store is full: it holds ${max} sessions, its max. Use sqliteStore(…) for more, or raise max.`

function warnInProduction(): void {
  if (process.env['NODE_ENV'] !== 'production') return
  warnOnce(
    'memoryStore keeps sessions in this process: they are lost on restart and not shared with other processes. Use sqliteStore(…).',
  )
}
