import type { Explanation, Outcome } from '../../core/outcome.ts'
import type { Token } from '../../core/token.ts'
import type { CookieInput } from './cookie-input.ts'

/** The keys, timeouts and time that cookies are checked with. */
export interface InspectSettings {
  readonly secrets: readonly string[]
  readonly audience: string
  /** Seconds. */
  readonly idleTimeout: number
  /** Whether the idle timeout is a default, because neither option nor variable sets it. */
  readonly idleIsAssumed: boolean
  /** Seconds. */
  readonly absoluteTimeout: number
  /** Epoch milliseconds. */
  readonly now: number
}

export type FormatName = 'sealed' | 'flask' | 'flask-session'

/** Decodes cookies of one format. */
export interface CookieDecoder {
  decode(input: Pick<CookieInput, 'names' | 'values'>): Promise<DecodedCookie>
}

/** The contents of a cookie, and the outcome of opening it. */
export interface DecodedCookie {
  readonly format: FormatName
  readonly outcome: Outcome
  /** The outcome in words, with a remedy. */
  readonly explanation: Explanation
  /** The name of the cookie; `null` if it is not known. */
  readonly name: string | null
  /** The names that were tried. */
  readonly triedNames: readonly string[]
  /** Its value; `null` if the line has no cookie of ours. */
  readonly value: string | null
  /** The key id in the cookie; `null` if it is not a token, or its format has no key ids. */
  readonly keyId: string | null
  /** The session's id, as in events and logs; `null` if it is not known. */
  readonly id: string | null
  /** Its contents, if the seal is valid, even if it has expired. */
  readonly token: Token | null
  /** When the cookie was issued, in epoch milliseconds. */
  readonly issuedAt: number | null
  /** The index of the secret that fits, 0 for SECRET_KEY; `null` if none fits. */
  readonly key: number | null
  /** When the session ends if it is not used again (epoch milliseconds), and by which timeout. */
  readonly end: { readonly at: number; readonly by: 'idle' | 'absolute' } | null
  /** The JSON that Flask writes for the contents of its cookie; `null` for other formats. */
  readonly taggedJson: string | null
  /** All cookies of this name, if they open as different sessions; otherwise empty. */
  readonly ambiguousParts: readonly DecodedCookie[]
}
