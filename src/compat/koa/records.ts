import type { LogicalTime } from '../../core/logical-time.ts'
import { createKeyedMutex } from '../../util/keyed-mutex.ts'
import { createLruCache } from '../../util/lru-cache.ts'
import { markMs, markOf } from '../shared/session-marks.ts'
import { isLocal } from '../shared/known-stores.ts'
import { maxWriteMs, writeTimeoutError } from '../shared/write-mutex.ts'

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

/** Settings of {@link createRecordsOf}. */
interface RecordsSettings {
  /** The option `marks`. */
  readonly marks: boolean | undefined
  /** The beginning of each key. */
  readonly prefix: string
}

/**
 * Returns a function that wraps a store of koa-session so that signed out stays out, and requests at the same time keep each other's
 * changes, as `createSafeStore` does for express-session. Within one process this is exact. Between processes, marks keep ended sessions
 * ended; two processes that write one session at the same moment may still lose one of the two changes.
 *
 * One closure, because all functions share what is remembered.
 */
export function createRecordsOf({ marks: given, prefix }: RecordsSettings): (store: KoaStore) => Records {
  const ended = createLruCache<true>(maxEnded)
  const runExclusive = createKeyedMutex()
  const runWithDeadline = async <Result>(key: string, work: () => Promise<Result>): Promise<Result> =>
    runExclusive(key, async () => withDeadline(work()))

  return (store) => {
    const marks = given ?? !isLocal(store)

    async function end(key: string, info: StoreInfo): Promise<void> {
      ended.set(key, true)
      // End the session even if the mark was not written: a store that is full still deletes.
      if (marks) await writeMark(key, info).catch(() => {})
      await store.destroy(key, info)
    }

    async function writeMark(key: string, info: StoreInfo): Promise<void> {
      const mark = { ended: true, _expire: Date.now() + markMs, _maxAge: markMs }
      await store.set(prefix + markOf(key), mark, markMs, { ...info, changed: true })
    }

    /** Ends the session again if it ended during a write. Another process writes its mark first, so one of the two sees the other. */
    async function hasEnded(key: string, info: StoreInfo, isNew: boolean): Promise<boolean> {
      const isEnded = ended.get(key) ?? (marks && !isNew && (await store.get(prefix + markOf(key), markMs, info)))
      if (!isEnded) return false
      ended.set(key, true)
      await store.destroy(key, info)
      return true
    }

    return {
      async load(key, maxAge, info) {
        const record = (await store.get(key, maxAge, info)) as KoaRecord | null | undefined
        if (!record) return null
        if (!ended.get(key)) return { record, state: textsOf(record) }
        // The store has not ended it, or has it again. Other processes would still open it.
        await runWithDeadline(key, async () => store.destroy(key, info))
        return null
      },

      save: async (key, record, maxAge, info, loaded) =>
        runWithDeadline(key, async () => {
          const stored: unknown = loaded === null ? {} : await store.get(key, maxAge, info)
          // It has ended meanwhile, so it must not come back.
          if (!stored || ended.get(key)) return null
          const merged = merge(stored as KoaRecord, record, (loaded?.state ?? new Map()) as Texts)
          await store.set(key, merged, maxAge, info)
          return (await hasEnded(key, info, loaded === null)) ? null : { record: merged, state: textsOf(record) }
        }),

      end: async (key, info) => runWithDeadline(key, async () => end(key, info)),

      endLive: async (key, maxAge, info) =>
        runWithDeadline(key, async () => {
          if (ended.get(key) || !(await store.get(key, maxAge, info))) return false
          await end(key, info)
          return true
        }),
    }
  }
}

/** Rejects after 30 seconds: a store that never answers must not block a session for good. */
async function withDeadline<Result>(work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(writeTimeoutError()), maxWriteMs).unref()
  })
  return Promise.race([work, limit]).finally(() => clearTimeout(timer))
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
