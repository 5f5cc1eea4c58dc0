import type { LogicalTime } from '../../core/logical-time.ts'
import { ownerOf } from '../express/stored-session-store.ts'
import { userIdOf } from '../shared/user-of.ts'
import type { CookieSettings, FastifyRequest } from './host.ts'
import type { Settings } from './options.ts'

/** The request of a session, as far as the session depends on it. */
export interface SessionContext {
  readonly settings: Settings
  readonly request: FastifyRequest
  /** The attributes of new sessions of this request. */
  readonly cookie: CookieSettings
  /** When the request was opened, by the clock of Sojourn's stores. */
  readonly opening: LogicalTime | undefined
  /** The id in the request's cookie; `undefined` if it has none that is signed. */
  readonly cookieId: string | undefined
  /** Whether a sign-in has replaced that id just before. */
  readonly hadReplacedId: boolean
  /** Whether the response can still get a cookie; without one, the id must not change. */
  canSetCookie(): boolean
}

/** A session's state, besides its values. */
export interface SessionState {
  readonly context: SessionContext
  id: string
  signedId: string
  /** The attributes for the cookie of a session in the place of this one. */
  cookieSettings: CookieSettings
  /** The values that the session was made from; `null` if it is new. */
  readonly found: object | null
  /** Whether these have a user. */
  readonly hadUser: boolean
  savedText: string
  isSaved: boolean
  /** The user whose session the store has; `undefined` if the store has none. */
  owner: string | null | undefined
  /** Whether the session got no new id, because it has ended meanwhile. */
  isRefused: boolean
}

const states = new WeakMap<object, SessionState>()

export const keepState = (session: object, state: SessionState): void => void states.set(session, state)
export const stateOf = (session: object): SessionState => states.get(session)!

/** Returns the request of a session. */
export const contextOf = (session: object): SessionContext => stateOf(session).context

/** Returns the user whose session the store has. Only Sojourn's stores know that by themselves. */
export function ownerIn(session: object): string | null {
  const { context, owner } = stateOf(session)
  const recordOwner = ownerOf(session)
  if (recordOwner !== undefined) return recordOwner
  return owner === undefined ? userIdOf(context.settings.userOf, session) : owner
}

/** Whether the store has the session of a user. A user who signed in behind the first byte is in a record that is a guest's. */
export function isOfUser(session: object): boolean {
  const { owner, hadUser } = stateOf(session)
  return owner != null || hadUser
}

/** The values as one text, to find out whether they have changed. The cookie does not count, because each use changes it. */
export function textOf(session: { readonly cookie: unknown }): string {
  return JSON.stringify(session, (key, value) => (key === 'cookie' && value === session.cookie ? undefined : value))
}
