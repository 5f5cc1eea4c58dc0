// Written by hand, because the types of express-session must remain those of @types/express-session: `declare module 'express-session'`
// then continues to work, and `req.session` is declared once.
import type { RequestHandler } from 'express'
import type * as expressSession from 'express-session'
import type { DropInOptions } from '../express/drop-in-options.ts'
import type { SessionManagement } from '../express/management.ts'

/**
 * Middleware with the options and the conduct of express-session, and the guarantees of Sojourn.
 *
 * @throws `TypeError` for an invalid option of express-session; `ERR_OPTIONS` for one of Sojourn
 */
declare function session(options?: session.SessionOptions): RequestHandler & SessionManagement

declare namespace session {
  /** The options of express-session, and those of Sojourn. */
  interface SessionOptions
    extends Partial<Omit<expressSession.SessionOptions, 'store'>>, Omit<DropInOptions, 'userOf'> {
    /** Another name of `name`. */
    key?: string | undefined
    /** Returns the user of a session, by whom sessions are listed and revoked; nothing for a guest. */
    userOf?: ((session: expressSession.SessionData) => string | number | null | undefined) | undefined
  }
  type CookieOptions = expressSession.CookieOptions
  type SessionData = expressSession.SessionData

  const Session: typeof expressSession.Session
  type Session = expressSession.Session
  const Cookie: typeof expressSession.Cookie
  type Cookie = expressSession.Cookie
  const Store: typeof expressSession.Store
  type Store = expressSession.Store
  const MemoryStore: typeof expressSession.MemoryStore
  type MemoryStore = expressSession.MemoryStore
}

export import SessionOptions = session.SessionOptions
export import CookieOptions = session.CookieOptions
export import SessionData = session.SessionData
export import Session = session.Session
export import Cookie = session.Cookie
export import Store = session.Store
export import MemoryStore = session.MemoryStore
export type { DropInOptions, ExpressSessionStore } from '../express/drop-in-options.ts'
export type { SessionManagement } from '../express/management.ts'
export { session as 'module.exports' }
export default session
