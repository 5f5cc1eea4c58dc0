// Written by hand, because the types of cookie-session must remain those of @types/cookie-session: `req.session` is declared once.
/// <reference types="cookie-session" />
import type { RequestHandler } from 'express'
import type { Revocation, RevocationOfAll, SessionEvent, SessionInfo, SessionStore } from 'sojourn'

/**
 * Middleware with the options and the conduct of cookie-session, and the guarantees of Sojourn.
 *
 * @throws `.keys required.` without keys, as cookie-session does; `ERR_OPTIONS` for an invalid option of Sojourn
 */
declare function cookieSession(options?: cookieSession.Options): cookieSession.SessionHandler

declare namespace cookieSession {
  /** The options of cookie-session, and those of Sojourn. */
  interface Options extends CookieSessionInterfaces.CookieSessionOptions {
    /** The cookie's `Priority`. */
    priority?: 'low' | 'medium' | 'high' | undefined
    /**
     * How sessions are in cookies. `'sealed'` encrypts them; signed cookies of cookie-session are read and replaced. `'peer'` writes them
     * as cookie-session does, so that servers with cookie-session may run beside this one: anyone with the cookie reads the data, and a
     * copy of it opens for as long as its key is in use. It also reads sealed cookies, and replaces them.
     *
     * @default 'sealed'
     */
    wire?: 'sealed' | 'peer' | undefined
    /**
     * The store that keeps the sessions, such as `redisStore(…)`. Then sessions can be listed and revoked, hold more than 4 KB, and a copy
     * of the cookie opens nothing after a sign-out. Sessions that are in cookies move to it on their next request.
     *
     * @default none: cookies have the data
     */
    store?: SessionStore | undefined
    /**
     * Whether signed cookies of cookie-session are taken over. Turn it off when all have been replaced, because nothing else ends a copy of
     * one.
     *
     * @default true
     */
    adopt?: boolean | undefined
    /**
     * Returns the user of a session, by whom sessions are listed and revoked; nothing for a guest. When the user changes, the session
     * gets a new id.
     *
     * @default `passport.user`, `userId` or `user`: an id, or the `id` of an object
     */
    userOf?: ((session: CookieSessionInterfaces.CookieSessionObject) => string | number | null | undefined) | undefined
    /** Ends a session that was not used for this long, in seconds. @default `maxAge`, or 604800 (7 days) without it */
    idleTimeout?: number | undefined
    /** Ends a session this long after its user signed in, even if it is in use, in seconds. @default 34560000 (400 days), or `idleTimeout` if that is longer */
    absoluteTimeout?: number | undefined
    /** The least time between two writes of a session's last use, in seconds. @default 3600 or 1/20 of `idleTimeout`, whichever is less */
    touchAfter?: number | undefined
    /** How long to wait for an answer of the store, in seconds. @default 0.25 */
    storeTimeout?: number | undefined
    /** Whether a response that sets the cookie gets `Cache-Control: no-store` and `Vary: Cookie`. @default true */
    cacheHeaders?: boolean | undefined
    /** Receives events, for logs and metrics. */
    onEvent?: ((event: SessionEvent) => void) | undefined
  }

  /** The session of a request, with the two methods that Passport calls. */
  interface Session extends CookieSessionInterfaces.CookieSessionObject {
    /** Calls back. The session is saved when the response starts. */
    save(callback?: (error?: unknown) => void): void
    /** Ends the session, and starts a new one at `req.session`. */
    regenerate(callback?: (error?: unknown) => void): void
  }

  /** The middleware, and the functions that manage sessions. These reject with `ERR_NO_STORE` without a store. */
  interface SessionHandler extends RequestHandler {
    /** Lists a user's live sessions, most recently used first. */
    list(userId: string): Promise<SessionInfo[]>
    /** Ends one session of a user. The id of another user's session ends nothing. */
    revoke(userId: string, id: string): Promise<Revocation>
    /** Ends all sessions of a user in one step. @param options `except` is a session to keep, such as `req.session` */
    revokeAll(
      userId: string,
      options?: { except?: CookieSessionInterfaces.CookieSessionObject | undefined },
    ): Promise<RevocationOfAll>
    /** Returns the id that a session has in lists, which does not open it; `null` if it was not saved yet. */
    idOf(session: CookieSessionInterfaces.CookieSessionObject): string | null
  }
}

export import Options = cookieSession.Options
export import Session = cookieSession.Session
export import SessionHandler = cookieSession.SessionHandler
export { cookieSession as default, cookieSession as 'module.exports' }
