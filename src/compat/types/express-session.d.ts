// Written by hand, because the types of express-session must remain those of @types/express-session: `declare module 'express-session'`
// then goes on working, and `req.session` is declared once.
import type { RequestHandler } from 'express'
import type * as expressSession from 'express-session'
import type { Revocation, RevocationOfAll, SessionEvent, SessionInfo, SessionStore } from 'sojourn'

/**
 * Middleware with the options and the conduct of express-session, and the guarantees of Sojourn.
 *
 * @throws `TypeError` for an invalid option of express-session; `ERR_OPTIONS` for one of Sojourn
 */
declare function session(options?: session.Options): session.SessionHandler

declare namespace session {
  /** The options of express-session, and those of Sojourn. */
  interface Options extends Partial<Omit<expressSession.SessionOptions, 'store'>> {
    /** Another name of `name`. */
    key?: string | undefined
    /**
     * Where sessions are kept: a store of Sojourn, such as `redisStore(…)`, or any store of express-session.
     *
     * @default new MemoryStore()
     */
    store?: SessionStore | expressSession.Store | undefined
    /**
     * Returns the user of a session, by whom sessions are listed and revoked; nothing for a guest.
     *
     * @default `passport.user`, `userId` or `user`: an id, or the `id` of an object
     */
    userOf?: ((session: expressSession.SessionData) => string | number | null | undefined) | undefined
    /** The store that was used before. Its sessions are taken over on their next request, users and guests. Only with a store of Sojourn. */
    from?: Pick<expressSession.Store, 'get'> | undefined
    /**
     * Whether a session gets a new id when its user signs in or out. With `false`, an id from before the sign-in remains valid, and a
     * session that was stored before its user signed in is neither listed nor revoked.
     *
     * @default true
     */
    rotate?: boolean | undefined
    /** Whether a response that sets the cookie gets `Cache-Control: no-store` and `Vary: Cookie`. @default true */
    cacheHeaders?: boolean | undefined
    /**
     * What happens if the session cannot be saved. With `'before'`, `next(error)` is called in place of the response. With `'after'`, the
     * response is sent all the same, and `next(error)` is called then, as by express-session.
     *
     * @default 'before'
     */
    saveErrors?: 'before' | 'after' | undefined
    /** How long a session lives after each use if its cookie has no `maxAge`, in seconds. @default 86400 */
    ttl?: number | undefined
    /** The least time between two writes of a session's last use, in seconds. A session ends up to this much too early. Only with a store of Sojourn. @default 0 */
    touchAfter?: number | undefined
    /** How long to wait for an answer of the store, in seconds. Only with a store of Sojourn. @default 0.25 */
    storeTimeout?: number | undefined
    /**
     * Whether a sign-out leaves a mark in a store of express-session for an hour, so that a slow request of another process does not bring
     * the session back. It costs one read for each write.
     *
     * @default true, except for stores in memory and in files
     */
    marks?: boolean | undefined
    /** Receives events, for logs and metrics. Only with a store of Sojourn. */
    onEvent?: ((event: SessionEvent) => void) | undefined
  }

  /** The middleware, and the functions that manage sessions. These reject with `ERR_NO_STORE` without a store of Sojourn. */
  interface SessionHandler extends RequestHandler {
    /** Lists a user's live sessions, most recently used first. */
    list(userId: string): Promise<SessionInfo[]>
    /** Ends one session of a user. The id of another user's session ends nothing. */
    revoke(userId: string, id: string): Promise<Revocation>
    /** Ends all sessions of a user in one step. @param options `except` is a session to keep, such as `req.session` */
    revokeAll(userId: string, options?: { except?: expressSession.Session | undefined }): Promise<RevocationOfAll>
    /** Returns the id that a session has in lists, which does not open it; `null` if it was not saved yet. */
    idOf(session: expressSession.Session): string | null
  }

  type CookieOptions = expressSession.CookieOptions
  type SessionData = expressSession.SessionData

  const Session: typeof expressSession.Session
  type Session = expressSession.Session
  const Cookie: typeof expressSession.Cookie
  type Cookie = expressSession.Cookie
  /** The class that stores inherit from. */
  const Store: typeof expressSession.Store
  type Store = expressSession.Store
  /** Keeps at most 100,000 sessions in the memory of this process, for development and tests. */
  const MemoryStore: typeof expressSession.MemoryStore
  type MemoryStore = expressSession.MemoryStore
}

export import Session = session.Session
export import Cookie = session.Cookie
export import Store = session.Store
export import MemoryStore = session.MemoryStore
export import Options = session.Options
export import SessionHandler = session.SessionHandler
export { session as default, session as 'module.exports' }
