import type { Sessions } from 'sojourn'
import type { Config } from './config.ts'
import type { Events } from './data/events.ts'
import type { People, Person } from './data/people.ts'
import type { SignInLimits } from './limits.ts'
import type { Log } from './log.ts'
import type { Draft } from './new-event.ts'
import type { Passwords } from './passwords.ts'

declare module 'sojourn' {
  interface SessionData {
    /** An event that was typed by somebody whose sign-in had ended, kept until they have made it. */
    draft: Draft
  }
}

/** What the application is put together from; tests bring their own. */
export interface Parts {
  readonly config: Pick<Config, 'production' | 'trustProxy' | 'idleTimeout'>
  readonly sessions: Sessions
  readonly people: People
  readonly events: Events
  readonly passwords: Passwords
  readonly limits: SignInLimits
  readonly log: Log
  readonly now: () => number
}

/** What handlers find in `c.var` beside the session. */
export interface Env {
  Variables: { person: Person }
}
