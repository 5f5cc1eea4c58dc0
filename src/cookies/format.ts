import type { KeyObject } from 'node:crypto'
import type { Codec } from '../core/codec.ts'
import type { Identity, Token } from '../core/token.ts'
import type { CookieOptions } from './cookie-options.ts'

/** The settings that a format needs to read or write a value. */
export interface FormatContext {
  /** The present time, in epoch milliseconds. */
  readonly now: number
  /** The idle timeout, in seconds. */
  readonly idleTimeout: number
  /** The absolute timeout, in seconds. */
  readonly absoluteTimeout: number
  /** The cookie's name. It is authenticated with the value, so that a value is valid in one cookie only. */
  readonly cookieName: string
}

/** The result of reading a value: a token, or the reason why there is none. */
export type DecodeResult =
  | {
      readonly outcome: 'active'
      readonly token: Token
      /** The index of the secret that opened the value; 0 is the secret that seals. With another one, this request seals the value again. */
      readonly key: number
    }
  | { readonly outcome: 'malformed' | 'forged' | 'unknown-key' | 'idle' | 'expired' }

/** The differences between formats that matter to the rest of the library. */
export interface FormatCapabilities {
  /** Whether tokens have an identity. Without one, as in Flask's own cookie, a session cannot be stored, renewed or ended. */
  readonly hasIdentity: boolean
  /**
   * Whether the cookie holds only the id, so that the id is a credential. Then logs and events show its SHA-256, sessions
   * cannot be listed, every session is stored, and only the record names its user.
   */
  readonly idIsSecret: boolean
  /** Whether guests and users share one cookie. */
  readonly singleCookie: boolean
}

/**
 * Writes tokens as cookie values, and reads them. A format is synchronous and has no state.
 *
 * It never throws for input from a client. It verifies a value in constant time before it parses the contents. It accepts
 * only the exact text that it writes itself, and never falls back to a second way of reading.
 */
export interface CookieFormat {
  /** The format's name, as in `sojourn inspect --format`. */
  readonly name: string
  /** How the format differs from others. */
  readonly capabilities: FormatCapabilities
  /** The format's defaults for the cookie's options. */
  readonly cookie?: CookieOptions | undefined
  /** Converts data to text; strict JSON by default. */
  readonly codec?: Codec | undefined

  /**
   * Reads the secrets, if the format was created without them. It is called before the first session opens.
   *
   * @throws `ERR_SECRET_MISSING`
   * @internal
   */
  prepare?(): void
  /** Reads a value. A format may check the age by its own rule; the repository then checks both timeouts (`expiryReason`). */
  open(value: string, context: FormatContext): DecodeResult
  /** Writes a value in printable ASCII, without space, quotes, comma, semicolon and backslash (RFC 6265 section 4.1.1). */
  seal(token: Token, context: FormatContext): string
  /**
   * Creates an identity. If one is given, renews it: the same id with a new secret. If the cookie holds only the id, a renewal
   * creates a new id, and the session moves to it. Formats without identities omit this function.
   */
  createIdentity?(renewed?: Identity): Identity
  /** Whether a token holds nothing, so that its cookie should be deleted. Formats with identities omit this function. */
  isEmpty?(token: Token): boolean
  /** Derives keys for another purpose from the format's secrets, newest first. @internal */
  keysFor(purpose: string): readonly KeyObject[]
}
