import type { LogicalTime } from '../../core/logical-time.ts'
import type { Token } from '../../core/token.ts'
import type { Revocation, RevocationOfAll } from '../../repository/revocation.ts'
import type { SessionInfo } from '../../stores/store.ts'
import { notSparedError } from '../shared/management-errors.ts'
import { valuesOf } from '../shared/session-texts.ts'
import { createHiddenValues } from '../../util/hidden-values.ts'
import type { StoredSessions } from '../shared/stored-sessions.ts'
import { createKeyedMutex } from '../../util/keyed-mutex.ts'
import { andThen, type MaybePromise } from '../../util/maybe-promise.ts'
import { callOther } from '../../util/store-answers.ts'
import type { Store } from './store.ts'

/** An express-session store on top of a store of Sojourn's. */
export interface StoredSessionStore extends Store {
  list(userId: string): Promise<SessionInfo[]>
  revoke(userId: string, id: string): Promise<Revocation>
  revokeAll(userId: string, options?: { readonly except?: object | undefined }): Promise<RevocationOfAll>
}

/** The store's view of a session object. A class, because V8 puts such literals among the objects that live for long. */
class Opened {
  /** The session as it was read or last written; `null` if it has no record yet. */
  readonly token: Token | null
  /** When the request was opened that makes the session. */
  readonly opening: LogicalTime | undefined
  /** Whether it was refused because the session has ended. */
  readonly isRefused: boolean

  constructor(token: Token | null, opening?: LogicalTime, isRefused = false) {
    this.token = token
    this.opening = opening
    this.isRefused = isRefused
  }
}

const openedOf = createHiddenValues<Opened>()
const openings = new WeakMap<object, () => LogicalTime>()

/** Returns the present moment of a store's sessions, for a request that is opened now. Other stores have none. */
export const openingOf = (store: object): LogicalTime | undefined => openings.get(store)?.()

/** Whether the last write of a session was refused, because the session has ended meanwhile. */
export const wasRefused = (session: object): boolean => openedOf.get(session)?.isRefused ?? false

/** Returns the id of a session in lists; `null` if it was not stored yet. */
export const listIdOf = (session: object): string | null => openedOf.get(session)?.token?.identity?.id ?? null

/** Returns the user who owns a session's record; `undefined` if it has none that is known. */
export const ownerOf = (session: object): string | null | undefined => openedOf.get(session)?.token?.userId

/** Gives a store the functions of express-session's stores. @param open returns the sessions, which may be created late */
export function addStoreFunctions(store: StoredSessionStore, open: () => StoredSessions): void {
  // Writes of one session run one after another: a second one, or the end, must not overtake the first, which creates the record.
  const runExclusive = createKeyedMutex()
  const writeExclusively = (id: string, session: object, onlyTouch: boolean): MaybePromise<void> =>
    runExclusive(id, () => write(open(), id, session, onlyTouch))
  openings.set(store, () => open().tick())
  store.get = (id, callback, isNow) => {
    const find = () => andThen(open().find(id), (token) => (token === null ? null : readValues(token)))
    settle(find, callback, isNow)
  }
  store.set = (id, session, callback, isNow) => settle(() => writeExclusively(id, session, false), callback, isNow)
  store.touch = (id, session, callback, isNow) => settle(() => writeExclusively(id, session, true), callback, isNow)
  store.destroy = (id, callback) => settle(() => runExclusive(id, async () => open().end(id)), callback)
  store.endLive = (id, callback) => settle(() => runExclusive(id, async () => open().endLive(id)), callback)
  store.trackSession = (session, found, opening) => {
    const opened = found === null ? new Opened(null, opening) : openedOf.get(found)
    if (opened !== undefined) openedOf.set(session, opened)
  }
  store.list = async (userId) => open().list(userId)
  store.revoke = async (userId, id) => open().revoke(userId, id)
  store.revokeAll = async (userId, { except } = {}) => {
    if (except === undefined) return open().revokeAll(userId)
    const token = openedOf.get(except)?.token
    if (token == null || token.userId !== userId) throw notSparedError()
    return open().revokeAll(userId, token.identity!.id)
  }
}

function readValues(token: Token): object {
  const values = valuesOf(token.data!, token.lastSeenAt)
  openedOf.set(values, new Opened(token))
  return values
}

function write(sessions: StoredSessions, id: string, session: object, onlyTouch: boolean): MaybePromise<void> {
  const opened = openedOf.get(session)
  // A program may set a session that it has not read.
  return andThen(opened === undefined ? sessions.find(id) : opened.token, (token) => {
    if (token === null && onlyTouch) return
    const written =
      token === null ? sessions.create(id, session, opened?.opening) : sessions.update(id, token, session, onlyTouch)
    return andThen(written, (present) => {
      openedOf.set(session, present === null ? new Opened(token, undefined, true) : new Opened(present))
    })
  })
}

/**
 * Calls back with the result of `work`, outside of its promise: an error that the callback throws is not ours.
 *
 * @param isNow whether a result that is there at once may be passed on before this function returns. Callers of applications do not
 *   expect that.
 */
export function settle(
  work: () => MaybePromise<unknown>,
  callback: ((error?: any, value?: any) => void) | undefined,
  isNow = false,
): void {
  const result = callOther(work)
  const callLater = (error: unknown, value?: unknown): void => {
    if (callback) process.nextTick(callback, error, value ?? undefined)
  }
  if (result instanceof Promise) result.then((value) => callLater(null, value), callLater)
  else if (isNow) callback?.(null, result ?? undefined)
  else callLater(null, result)
}
