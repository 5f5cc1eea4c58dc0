import type { Session } from 'sojourn'
import type { Person } from './data/people.ts'
import type { Reader } from './reader.ts'
import type { SessionEnd } from './session-end.ts'

/** The signed-in user, for handlers and pages. */
export interface User {
  readonly person: Person
  readonly session: Session
  readonly end: SessionEnd
  /** How long a session lasts however much it is used, in seconds. */
  readonly absoluteTimeout: number
  readonly reader: Reader
  /** The path of the event stream that reports the session's end; `null` if sessions have no store. */
  readonly sessionEndedPath: string | null
}

/** The password change of a form: `not yet` until its passwords are checked, `sent` once the database may have made it. */
export type PasswordChange = 'not yet' | 'sent' | { readonly hash: string; readonly others: 'ended' | 'kept' }

/** The variables that handlers find in `c.var` besides the session. */
export interface AppEnv {
  Variables: { user: User; passwordChange?: PasswordChange }
}
