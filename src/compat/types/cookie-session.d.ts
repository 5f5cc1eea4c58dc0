// Written by hand, because the types of cookie-session must remain those of @types/cookie-session: `req.session` is declared once.
/// <reference types="cookie-session" />
import type { RequestHandler } from 'express'
import type { DropInOptions } from '../cookie/drop-in-options.ts'
import type { SessionManagement } from '../express/management.ts'

/**
 * Middleware with the options and the conduct of cookie-session, and the guarantees of Sojourn.
 *
 * @throws `.keys required.` without keys, as cookie-session does; `ERR_OPTIONS` for an invalid option of Sojourn
 */
declare function cookieSession(options?: cookieSession.CookieSessionOptions): RequestHandler & SessionManagement

declare namespace cookieSession {
  /** The options of cookie-session, and those of Sojourn. */
  interface CookieSessionOptions extends CookieSessionInterfaces.CookieSessionOptions, Omit<DropInOptions, 'userOf'> {
    /** The cookie's `Priority`. */
    priority?: 'low' | 'medium' | 'high' | undefined
    /** Returns the user of a session, by whom sessions are listed and revoked; nothing for a guest. */
    userOf?: ((session: CookieSessionInterfaces.CookieSessionObject) => string | number | null | undefined) | undefined
  }

  /** The session of a request, with the two methods that Passport calls. */
  interface CookieSessionObject extends CookieSessionInterfaces.CookieSessionObject {
    /** Calls back. The session is saved when the response starts. */
    save(callback?: (error?: unknown) => void): void
    /** Ends the session, and starts a new one at `req.session`. */
    regenerate(callback?: (error?: unknown) => void): void
  }
}

export import CookieSessionOptions = cookieSession.CookieSessionOptions
export import CookieSessionObject = cookieSession.CookieSessionObject
export type { DropInOptions } from '../cookie/drop-in-options.ts'
export type { SessionManagement } from '../express/management.ts'
export { cookieSession as 'module.exports' }
export default cookieSession
