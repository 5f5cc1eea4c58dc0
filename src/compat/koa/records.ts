import type { LogicalTime } from '../../core/logical-time.ts'
import { createKeyedMutex } from '../../util/keyed-mutex.ts'
import { createLruCache } from '../../util/lru-cache.ts'

/** The JSON of a session, as koa-session keeps it: the data, and `_expire` with `_maxAge`, or `_session`. */
export type KoaRecord = Record<string, unknown>

/** The last argument of a store's functions. */
export interface StoreInfo {
  readonly ctx: any
  readonly rolling: boolean
  readonly changed?: boolean
}

/** A store as koa-session takes it. Its functions may return promises. */
export interface KoaStore {
  /** Returns the record of a session. */
  get(key: string, maxAge: any, info: any): unknown
  /** Writes a record. */
  set(key: string, record: any, maxAge: any, info: any): unknown
  /** Removes a record. */
  destroy(key: string, info: any): unknown
}

/** A record that was read, and what its store needs to write it. */
export interface LoadedRecord {
  readonly record: KoaRecord
  readonly state?: unknown
}

/** Where the records of sessions are. */
export interface Records {
  /** Returns the present moment. */
  tick?(): LogicalTime
  load(key: string, maxAge: unknown, info: StoreInfo): Promise<LoadedRecord | null>
  /**
   * Writes a session.
   *
   * @param loaded what `load` returned; `null` for a key that was made in this request
   * @param opening when the request was opened, by `tick`
   * @returns what was written; `null` if the session has ended meanwhile
   */
  save(
    key: string,
    record: KoaRecord,
    maxAge: unknown,
    info: StoreInfo,
    loaded: LoadedRecord | null,
    opening: LogicalTime | undefined,
  ): Promise<LoadedRecord | null>
  end(key: string, info: StoreInfo): Promise<void>
  /** Ends a session, and returns `false` if it has ended before. */
  endLive(key: string, maxAge: unknown, info: StoreInfo): Promise<boolean>
}

/** How many keys of ended sessions one of the two generations of the cache remembers. */
const maxEnded = 50_000

/**
 * Returns a function that wraps a store of koa-session so that signed out stays out, and requests at the same time keep each other's changes. Within
 * one process this is exact. Two processes that write one session at the same moment may still lose one of the two changes.
 */
export function createRecordsOf(): (store: KoaStore) => Records {
  const ended = createLruCache<true>(maxEnded)
  const runExclusive = createKeyedMutex()
  return (store) => ({
    async load(key, maxAge, info) {
      const record: unknown = ended.get(key) ? null : await store.get(key, maxAge, info)
      return record ? { record: record as KoaRecord, state: textsOf(record as KoaRecord) } : null
    },

    save: async (key, record, maxAge, info, loaded) =>
      runExclusive(key, async () => {
        if (ended.get(key)) return null
        const stored: unknown = loaded === null ? {} : await store.get(key, maxAge, info)
        // It has ended meanwhile, so it must not come back.
        if (!stored) return null
        const merged = merge(stored as KoaRecord, record, (loaded?.state ?? new Map()) as Texts)
        await store.set(key, merged, maxAge, info)
        return { record: merged, state: textsOf(record) }
      }),

    end: async (key, info) =>
      runExclusive(key, async () => {
        ended.set(key, true)
        await store.destroy(key, info)
      }),

    endLive: async (key, maxAge, info) =>
      runExclusive(key, async () => {
        if (ended.get(key) || !(await store.get(key, maxAge, info))) return false
        ended.set(key, true)
        await store.destroy(key, info)
        return true
      }),
  })
}

type Texts = ReadonlyMap<string, string | undefined>

const textsOf = (record: KoaRecord): Texts =>
  new Map(Object.entries(record).map(([key, value]) => [key, JSON.stringify(value)]))

/** Puts the keys that a request changed into what the store has now. */
function merge(stored: KoaRecord, record: KoaRecord, original: Texts): KoaRecord {
  const merged = new Map(Object.entries(stored))
  for (const key of new Set([...Object.keys(record), ...original.keys()])) {
    if (Object.hasOwn(record, key) && JSON.stringify(record[key]) === original.get(key)) continue
    if (Object.hasOwn(record, key)) merged.set(key, record[key])
    else merged.delete(key)
  }
  return Object.fromEntries(merged)
}
