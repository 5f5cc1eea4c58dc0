import type { KeyObject } from 'node:crypto'
import type { Codec } from '../core/codec.ts'
import type { CookieOptions } from './cookie-options.ts'
import type { Texts } from '../core/texts.ts'

/** Who a cookie says its bearer is. */
export interface Identity {
  /** Names the session for its whole life: `[\w.-]{1,128}`. It opens nothing. */
  readonly id: string
  /** What only the cookie knows; at least 128 random bits, new with every renewal. */
  readonly secret: string
}

/** What a cookie's value says, whichever way it is written. Instants are epoch milliseconds. */
export interface Token {
  /** `null` where the format has none: a cookie that is nothing but its data. */
  readonly identity: Identity | null
  readonly userId: string | null
  /** `null` where the format does not tell: then only the idle timeout holds. */
  readonly createdAt: number | null
  /** When its user last proved who they are; `null` for a guest's. */
  readonly signedInAt: number | null
  /**
   * When another library wrote the value, where that does not tell when its user signed in: `revokeAll` refuses what was
   * written before it.
   *
   * @default of no time, so that it refuses all
   */
  readonly writtenAt?: number | undefined
  /** When the value was written; for a format that does not tell, now. */
  readonly lastSeenAt: number
  /** Whether the cookie outlives the browser. */
  readonly remember: boolean
  readonly label: string | null
  /** When a store last confirmed the session; `null` when none has seen it, so that the first one to see it adopts it. */
  readonly confirmedAt: number | null
  /** The version of the record that `data` is a copy of; 0 where no store has seen it. */
  readonly version: number
  /** The data, or the copy of it; `null` where the store alone has it. */
  readonly data: Texts | null
  /** Keys that were changed in `data` while the store could not be asked. */
  readonly changed: readonly string[]
  /** Names the data that the store was asked to write, where nobody knows whether it did: its answer was lost. */
  readonly tried?: string | null | undefined
  /** What form tokens are made of, where the format keeps that instead of an identity. */
  readonly csrf?: string | null | undefined
  /** What the format wants back to write the value as it came. Handed on unread. */
  readonly leftover?: unknown
}

/** What a format needs to know to read or write a value. */
export interface Context {
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
export type Opened =
  | {
      readonly outcome: 'active'
      readonly token: Token
      /** Which of the secrets opened it, 0 being the one that seals. What any other opened is sealed anew on this very request. */
      readonly key: number
    }
  | { readonly outcome: 'malformed' | 'forged' | 'unknown-key' | 'idle' | 'expired' }

/**
 * Writes tokens as cookie values and reads them back. Synchronous, and without state.
 *
 * A format never throws for what a client sent. It looks into a value only after its seal has proved right, in constant
 * time; it accepts a value only in the spelling that it writes; there is one way to read, and nothing to fall back to.
 */
export interface CookieFormat {
  /** Names the format, as `sojourn inspect --format` does. */
  readonly name: string
  /** Attributes that belong to the format, such as one name for guests and users. The user's own come first. */
  readonly cookie?: CookieOptions | undefined
  /** Strict JSON when left out. */
  readonly codec?: Codec | undefined
  /**
   * Set where an id is itself a credential, since the cookie is nothing else: logs and events then show its SHA-256, and
   * nothing is listed. The store alone knows whose a session is, and all else of it, whatever a token says; every one is
   * kept there, a guest's who has nothing too.
   */
  readonly secretIds?: true | undefined

  /** Reads a value. May judge age by the format's own rule; the library checks the common limits afterwards. */
  open(value: string, context: Context): Opened
  /** Writes a value: printable ASCII without space, quotes, comma, semicolon and backslash (RFC 6265 section 4.1.1). */
  seal(token: Token, context: Context): string
  /**
   * Makes an identity; given one, renews it: the same id with a new secret. A format whose cookie is nothing but the id makes
   * a new id, and the session moves to it. Left out by a format without identities.
   */
  mint?(renewed?: Identity): Identity
  /** Whether a token holds nothing, so that its cookie is deleted rather than written. Left out by a format that has identities. */
  isEmpty?(token: Token): boolean
  /** Keys for another purpose, out of the format's secrets, newest first. @internal */
  keysFor(purpose: string): readonly KeyObject[]
}

/** What a reader of another library's sessions is told. */
export interface ForeignContext extends Context {
  /**
   * Asks the library's own store. Rejects where it does not answer within `storeTimeout`; and at once, without asking, after five
   * such questions in a row, but for one in a second.
   *
   * @default asks, and waits
   */
  readonly ask?: (<Answer>(question: () => Promise<Answer>) => Promise<Answer>) | undefined
}

/** Reads the sessions of another library, so that its users stay signed in: `sojourn/from/…`. */
export interface ForeignSessions {
  /** Names the library. */
  readonly name: string
  /**
   * Finds the library's session in a `Cookie` header; `null` when none is live. Rejects when the library's own store cannot be
   * asked. Called for who has no session of ours that is signed in, and at a sign-out.
   */
  open(cookieHeader: string, context: ForeignContext): Promise<ForeignSession | null>
  /** Looks at what its sessions are taken over into, when `createSessions` is called. @throws `ERR_OPTIONS` where they do not fit */
  fits?(into: {
    readonly format: CookieFormat
    readonly cookies: { readonly user: { readonly name: string }; readonly guest: { readonly name: string } }
  }): void
}

/** A session of another library, as it is taken over. */
export interface ForeignSession {
  /** Not confirmed by any store, so that ours adopts it. Its identity is made from the foreign secret: the same for requests that arrive together, and for nobody else's. */
  readonly token: Token
  /** The library's own cookies, to be deleted in the response: name, and `domain` and `path` where they are not the usual ones. */
  readonly cookies: readonly CookieOptions[]
  /** Those of further cookies of the same name, in their order: a sign-out ends them too. @default none */
  readonly others?: readonly ForeignSession[] | undefined
  /** Whether its cookies are deleted by a sign-out alone, since the library still answers some requests. @default false */
  readonly stays?: boolean | undefined
  /**
   * Called each time a user's was taken over, and at a sign-out: to see to it that what ends here is not taken over again when
   * ours has forgotten the end, an absolute timeout after the take-over. Where it rejects, the answer is a 503.
   */
  settle?(isSignedOut: boolean): Promise<void>
}
