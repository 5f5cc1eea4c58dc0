/**
 * Sessions that stay.
 *
 * @module
 */
export type { Flash } from './flashes.ts'
export type { CookieOptions } from './cookie.ts'
export type { RegisteredData, SessionData } from './data.ts'
export { SojournError, type SojournErrorCode } from './errors.ts'
export type { SessionEvent } from './events.ts'
export type { ForeignContext, ForeignSession, ForeignSessions } from './format.ts'
export type { SessionsOptions } from './options.ts'
export { explain, type Explanation, type Outcome } from './outcome.ts'
export type { Secret } from './secrets.ts'
export { Session } from './session.ts'
export type { SignInOptions } from './sign-in.ts'
export { createSessions, type CommitOptions, type Revocation, type Sessions } from './sessions.ts'
export type { Ending, Held, RecordChange, SessionInfo, SessionRecord, SessionStore } from './store.ts'
export type { Schema } from './schema.ts'
export type { Texts } from './texts.ts'
