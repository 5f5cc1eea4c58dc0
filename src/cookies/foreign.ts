import type { Token } from '../core/token.ts'
import type { CookieOptions } from './cookie-options.ts'
import type { CookieFormat, FormatContext } from './format.ts'

/** What a reader of another library's sessions is told. */
export interface ForeignContext extends FormatContext {
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
