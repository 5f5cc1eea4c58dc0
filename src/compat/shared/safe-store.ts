import { createLruCache } from '../../util/lru-cache.ts'
import { callOnce } from './call-once.ts'
import type { ExpressStore, StoreCallback, TrackingStore } from './express-store.ts'
import { createFreshReads } from './fresh-reads.ts'
import { createReplace, isLocal, isMissing, touchesOnlyExpiry } from './known-stores.ts'
import { mergeSession, tryToRead, type Original } from './merge-session.ts'
import { overrideMethods } from './override-methods.ts'
import { createSessionMarks } from './session-marks.ts'
import { createHiddenValues } from '../../util/hidden-values.ts'
import { createWriteMutex } from './write-mutex.ts'

/** Options of {@link createSafeStore}. */
export interface SafeStoreOptions {
  /**
   * Whether a sign-out leaves a record in the store for an hour, so that a slow write of another process does not bring the
   * session back. It costs one read for each write and for most stores' touches, and one write for each sign-out. connect-redis 9 writes
   * changes by a condition, without such a read.
   *
   * @default true, except for stores in this process's memory
   */
  marks?: boolean | undefined
  /** Called if a session was not written or touched, or was removed again, because it had ended meanwhile. */
  onRefused?: ((sid: string, session: object) => void) | undefined
}

/** How many ids of ended sessions one of the two generations of the cache remembers: about 10 MB in all. */
const maxEnded = 50_000

/**
 * Wraps an express-session store so that signed out stays out and parallel requests keep each other's changes. The wrapped store
 * has the same methods, and `trackSession`.
 *
 * In one process this is exact. An id that was destroyed is never written again, and if the store still has it, as after a failed
 * `destroy`, its next read ends it and finds nothing; if that fails too, the read fails. Writes of one session run one after another.
 * A session that was loaded is read again before it is written, except by a middleware in the turn of the event loop in which its
 * read was answered. Only the keys that this request changed are replaced. If the session is gone, it stays gone: the callback gets
 * no error, because there is nothing to repeat. A new session is written at once.
 *
 * Between processes, `marks` keep ended sessions ended. Two processes that write one session at the same moment may still lose
 * one of the two changes, because these stores cannot compare. A store of Sojourn can.
 *
 * Only ids are remembered, at most 100,000 of them. A store that calls back at once still does if no other write of the session
 * is under way.
 *
 * It is one closure, because all methods share what is remembered.
 */
export function createSafeStore<Store extends ExpressStore>(
  store: Store,
  options: SafeStoreOptions = {},
): Store & TrackingStore {
  const { marks: hasMarks = !isLocal(store), onRefused = () => {} } = options
  const ended = createLruCache<true>(maxEnded)
  /** Each session object as it was when it was read or last written; `null` if it is new. */
  const originals = createHiddenValues<Original | null>()
  const runExclusive = createWriteMutex()
  const freshReads = createFreshReads<Original>()
  const marks = createSessionMarks(store)
  const canRevive = !touchesOnlyExpiry(store)
  const replace = createReplace(store)

  function refuse(sid: string, session: object, done: StoreCallback): void {
    onRefused(sid, session)
    done()
  }

  function removeAgain(sid: string, session: object, done: StoreCallback): void {
    remove(sid, (error) => (error ? done(error) : refuse(sid, session, done)))
  }

  /** Ends the session again if another process has ended it. That process writes its mark first, so one of the two sees the other. */
  function checkMark(sid: string, session: object, done: StoreCallback, written: StoreCallback): void {
    if (!hasMarks) return written()
    const endAgain = (callback: StoreCallback): void => {
      ended.set(sid, true)
      removeAgain(sid, session, callback)
    }
    marks.read(
      sid,
      (error, isMarked) => {
        if (error) done(error)
        else if (isMarked) endAgain(done)
        else written()
      },
      () => endAgain(() => {}),
    )
  }

  function write(sid: string, session: object, isNow: boolean, done: StoreCallback): void {
    if (ended.get(sid)) return refuse(sid, session, done)
    const original = originals.get(session)
    const isFresh = isNow && freshReads.isFresh(sid, original)
    const mine = tryToRead(session, done)
    if (mine === undefined) return
    const written = (): void => {
      originals.set(session, mine)
      done()
    }
    function put(value: object): void {
      // The store may have been too slow for this write, and the session may have ended meanwhile.
      if (ended.get(sid)) return refuse(sid, session, done)
      // A program has made this object, and it replaces the session as it is. Or the session is new.
      const conditional = original && replace
      callOnce<boolean>(
        (callback) =>
          conditional ? conditional(sid, value, callback) : store.set(sid, value, (error) => callback(error)),
        (error, isWritten) => {
          if (ended.get(sid)) removeAgain(sid, session, done)
          else if (error) done(error)
          else if (isWritten === false) refuse(sid, session, done)
          // The id of a new session is known to no one else, so no one has ended it.
          else if (isWritten || original === null) written()
          else checkMark(sid, session, done, written)
        },
      )
    }
    // There is nothing in the store, or nothing but what was just read.
    if (!original || isFresh) return put(session)
    callOnce<object>(
      (callback) => store.get(sid, callback),
      (error, stored) => {
        if (error && !isMissing(error)) return done(error)
        if (error || !stored) return refuse(sid, session, done)
        put(mergeSession({ session, mine, original, stored }))
      },
    )
  }

  /** An error of `touch` is none if the session is gone: some stores report that as an error. */
  function touch(sid: string, session: object, done: StoreCallback): void {
    if (ended.get(sid)) return refuse(sid, session, done)
    callOnce(
      (callback) => store.touch!(sid, session, callback),
      (error) => {
        if (!error) return canRevive ? checkMark(sid, session, done, done) : done()
        callOnce<object>(
          (callback) => store.get(sid, callback),
          (failure, stored) => {
            if ((failure && !isMissing(failure)) || stored) done(error)
            else refuse(sid, session, done)
          },
        )
      },
    )
  }

  /** An error is none if the session is gone: another process may have ended it. */
  function remove(sid: string, done: StoreCallback): void {
    callOnce(
      (callback) => store.destroy(sid, callback),
      (error) => done(isMissing(error) ? undefined : error),
    )
  }

  function destroy(sid: string, done: StoreCallback): void {
    if (!hasMarks) return remove(sid, done)
    // Remove the session even if the mark was not written: a store that is full still deletes.
    marks.write(sid, () => remove(sid, done))
  }

  const verbs: TrackingStore = {
    get(sid, callback, isNow) {
      const answered = isNow ? freshReads.start(sid) : () => {}
      store.get(sid, (error, found) => {
        if (error || !found) {
          answered(null)
          return callback(error, found)
        }
        // The store has not ended it, or has it again. Other processes would still open it.
        if (ended.get(sid))
          return runExclusive(
            sid,
            (done) => remove(sid, done),
            (failure) => callback(failure, null),
          )
        const original = tryToRead(found, callback)
        if (original === undefined) return
        originals.set(found, original)
        answered(original)
        callback(null, found)
      })
    },
    set(sid, session, callback = () => {}, isNow = false) {
      runExclusive(sid, (done) => write(sid, session, isNow, done), freshReads.dropAfter(sid, callback))
    },
    destroy(sid, callback = () => {}) {
      ended.set(sid, true)
      runExclusive(sid, (done) => destroy(sid, done), callback)
    },
    touch(sid, session, callback = () => {}) {
      runExclusive(sid, (done) => touch(sid, session, done), callback)
    },
    trackSession(session, found) {
      const original = found === null ? null : originals.get(found)
      if (original !== undefined) originals.set(session, original)
    },
  }
  return overrideMethods(store, verbs)
}
