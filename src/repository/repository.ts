import type { Token } from '../cookies/format.ts'
import type { Outcome } from '../core/outcome.ts'

/** What one of our cookies in a request says. */
export interface Found {
  readonly outcome: Outcome
  /** The session as it is now. Of a token that was refused, what it said, where its seal was right. */
  readonly token: Token | null
  /** Whether the cookie is to be written anew: an older key sealed it, or no store had confirmed it. */
  readonly isStale: boolean
  /** Why a store could not be asked, as its driver says. @default none */
  readonly cause?: unknown
}
