import type { Explanation, Outcome } from '../../core/outcome.ts'
import type { Token } from '../../core/token.ts'
import type { FormatName } from './decode.ts'

/** What a cookie says, and what became of it. */
export interface DecodedCookie {
  readonly format: FormatName
  readonly outcome: Outcome
  /** The outcome in words. */
  readonly explanation: Explanation
  /** The name it was sealed under; `null` where that is not known. */
  readonly name: string | null
  /** The names that were tried. */
  readonly triedNames: readonly string[]
  /** Its value; `null` where there is no cookie of ours. */
  readonly value: string | null
  /** Which key it says it was sealed with; `null` where it is no token, and for formats that do not say it. */
  readonly keyId: string | null
  /** The session's id, as events and logs show it; `null` where it is not known. */
  readonly id: string | null
  /** What it holds, where its seal is right, however old it is. */
  readonly token: Token | null
  /** When it was written, in epoch milliseconds. */
  readonly issuedAt: number | null
  /** Which of the secrets fits, 0 being the one that seals; `null` where none does. */
  readonly key: number | null
  /** When the session ends if it is not used again, and by which timeout. */
  readonly end: { readonly at: number; readonly by: 'idle' | 'absolute' } | null
  /** The JSON that Flask writes for what a cookie of its own holds; `null` for any other. */
  readonly taggedJson: string | null
  /** Where several cookies of the name open as different sessions: each of those that came. */
  readonly ambiguousParts: readonly DecodedCookie[]
}
