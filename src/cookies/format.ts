import type { KeyObject } from 'node:crypto'
import type { Codec } from '../core/codec.ts'
import type { Identity, Token } from '../core/token.ts'
import type { CookieOptions } from './cookie-options.ts'

/** What a format needs to know to read or write a value. */
export interface FormatContext {
  /** Epoch milliseconds. */
  readonly now: number
  /** Seconds. */
  readonly idleTimeout: number
  /** Seconds. */
  readonly absoluteTimeout: number
  /** Sealed with the value, so that one cookie's value is none of another's. */
  readonly cookieName: string
}

/** What became of a value: a token, or why there is none. */
export type DecodeResult =
  | {
      readonly outcome: 'active'
      readonly token: Token
      /** Which of the secrets opened it, 0 being the one that seals. What any other opened is sealed anew on this very request. */
      readonly key: number
    }
  | { readonly outcome: 'malformed' | 'forged' | 'unknown-key' | 'idle' | 'expired' }

/** How a format differs from others, in the ways that the rest of the library must know. */
export interface FormatCapabilities {
  /** Whether a token has an identity, so that its session can be stored, renewed and ended. Flask's own cookie has none. */
  readonly hasIdentity: boolean
  /**
   * Whether the cookie is only the id, so that the id is a credential. Then logs and events show its SHA-256, no session is
   * listed, every session is stored, and the record alone says whose it is.
   */
  readonly idIsSecret: boolean
  /** Whether guests and users share one cookie. */
  readonly singleCookie: boolean
}

/**
 * Writes tokens as cookie values and reads them back. Synchronous, and without state.
 *
 * A format never throws for what a client sent. It looks into a value only after its seal has proved right, in constant
 * time; it accepts a value only in the spelling that it writes; there is one way to read, and nothing to fall back to.
 */
export interface CookieFormat {
  /** Names the format, as `sojourn inspect --format` does. */
  readonly name: string
  readonly capabilities: FormatCapabilities
  /** The format's defaults for the cookie's options. */
  readonly cookie?: CookieOptions | undefined
  /** Strict JSON when left out. */
  readonly codec?: Codec | undefined

  /** Reads a value. May judge age by the format's own rule; the library checks the common limits afterwards. */
  open(value: string, context: FormatContext): DecodeResult
  /** Writes a value: printable ASCII without space, quotes, comma, semicolon and backslash (RFC 6265 section 4.1.1). */
  seal(token: Token, context: FormatContext): string
  /**
   * Makes an identity; given one, renews it: the same id with a new secret. A format whose cookie is nothing but the id makes
   * a new id, and the session moves to it. Left out by a format without identities.
   */
  createIdentity?(renewed?: Identity): Identity
  /** Whether a token holds nothing, so that its cookie is deleted rather than written. Left out by a format that has identities. */
  isEmpty?(token: Token): boolean
  /** Keys for another purpose, out of the format's secrets, newest first. @internal */
  keysFor(purpose: string): readonly KeyObject[]
}
