import type { Sessions } from 'sojourn'
import type { DeviceNames } from './data/device-names.ts'
import type { Events } from './data/events.ts'
import type { People } from './data/people.ts'
import type { Passwords } from './passwords.ts'
import type { Config } from './server/config.ts'
import type { Log } from './server/log.ts'
import type { SignInLimits } from './server/sign-in-limits.ts'
import type { StoreState } from './server/store-state.ts'
import type { Lifetimes } from './session-end.ts'

/** Everything that the application uses. Tests pass their own. */
export interface Dependencies {
  readonly config: Pick<Config, 'production' | 'trustProxy' | 'sessionType'>
  readonly sessions: Sessions
  readonly lifetimes: Lifetimes
  readonly storeState: Pick<StoreState, 'isDown'>
  readonly people: People
  readonly events: Events
  readonly deviceNames: DeviceNames
  readonly passwords: Passwords
  readonly limits: SignInLimits
  readonly log: Log
  readonly now: () => number
  /** Aborts when the application stops. Responses that are open as long as their page must end then. */
  readonly stopping: AbortSignal
}
