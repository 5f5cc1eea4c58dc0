/**
 * Sessions for TypeScript servers. Start with {@link createSessions}.
 *
 * @module
 */
import './core/check-runtime.ts'

export type { Flash } from './session/flashes.ts'
export type { CookieOptions } from './cookies/cookie-options.ts'
export type { CookieAttributes, SetCookie } from './request/set-cookie.ts'
export type { RegisteredData, SessionData } from './core/session-data-type.ts'
export { SojournError, type SojournErrorCode } from './core/errors.ts'
export type { SessionEvent } from './core/events.ts'
export type { ForeignContext, ForeignSession, ForeignSessions } from './cookies/foreign.ts'
export type { SessionsOptions } from './options.ts'
export { explain, type Explanation, type Outcome } from './core/outcome.ts'
export type { Secret } from './formats/secrets.ts'
export { Session } from './session/session.ts'
export type { SignInOptions } from './session/sign-in-options.ts'
export {
  createSessions,
  type CommitHeaders,
  type CommitOptions,
  type CookieSource,
  type Revocation,
  type RevocationOfAll,
  type Sessions,
} from './sessions.ts'
export {
  TooFewReplicas,
  TooLate,
  type ConfirmedMethod,
  type CreateOptions,
  type CreateResult,
  type Cutoff,
  type EndAllResult,
  type Ending,
  type Held,
  type RecordChange,
  type SessionInfo,
  type SessionKey,
  type SessionLimit,
  type SessionNotice,
  type SessionRecord,
  type SessionStore,
  type SparedSession,
  type StoreEntry,
} from './stores/store.ts'
export type { Schema } from './session/schema.ts'
export type { Texts } from './core/texts.ts'
