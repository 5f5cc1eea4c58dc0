import type { Session, Sessions } from 'sojourn'
import type { Config } from './server/config.ts'
import type { Events } from './data/events.ts'
import type { People, Person } from './data/people.ts'
import type { SignInLimits } from './server/sign-in-limits.ts'
import type { Log } from './server/log.ts'
import type { Draft } from './event-form.ts'
import type { PasswordCheck } from './password-check.ts'
import type { Passwords } from './passwords.ts'
import type { SessionEnd } from './session-end.ts'
import type { StoreState } from './server/store-state.ts'

declare module 'sojourn' {
  interface SessionData {
    /** An event that was typed by somebody whose sign-in had ended, kept until they have made it. */
    draft: Draft
    passwordCheck: PasswordCheck
  }
}

/** What the application is put together from; tests bring their own. */
export interface Parts {
  readonly config: Pick<Config, 'production' | 'trustProxy' | 'sessionType' | 'idleTimeout' | 'absoluteTimeout'>
  readonly sessions: Sessions
  readonly storeState: Pick<StoreState, 'isDown'>
  readonly people: People
  readonly events: Events
  readonly passwords: Passwords
  readonly limits: SignInLimits
  readonly log: Log
  readonly now: () => number
  /** Aborts when the application is to stop: what is open then, for as long as its page is, closes. */
  readonly stopping: AbortSignal
}

/** Who is signed in, for a page that says so. */
export interface User {
  readonly person: Person
  readonly session: Session
  readonly end: SessionEnd
  /** Where its page is told that the session has ended; `null` where that cannot be known. */
  readonly tellsEnd: string | null
}

/** What handlers find in `c.var` beside the session. */
export interface Env {
  Variables: { user: User }
}
