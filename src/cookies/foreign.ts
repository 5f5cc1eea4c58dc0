import type { Token } from '../core/token.ts'
import type { CookieOptions } from './cookie-options.ts'
import type { CookieFormat, FormatContext } from './format.ts'

/** The settings for a reader of another library's sessions. */
export interface ForeignContext extends FormatContext {
  /**
   * Calls the other library's store. Rejects if the store does not answer within `storeTimeout`, or within the time that the request has left. After
   * five such silences in a row it rejects at once, and tries only one call a second. A store that answers with an error is asked again.
   *
   * @default calls the store, without a timeout
   */
  readonly ask?: (<Answer>(question: () => Promise<Answer>) => Promise<Answer>) | undefined
}

/** Reads the sessions of another library, so that its users remain signed in. `sojourn/from/…` creates readers. */
export interface ForeignSessions {
  /** The library's name. */
  readonly name: string
  /**
   * Finds the library's live session in a `Cookie` header; resolves to `null` if there is none. Rejects if the library's store
   * does not answer. Called if no user is signed in here, and at a sign-out.
   */
  open(cookieHeader: string, context: ForeignContext): Promise<ForeignSession | null>
  /** Called by `createSessions` to check whether these sessions can adopt the library's. @throws `ERR_OPTIONS` if they cannot */
  fits?(into: {
    readonly format: CookieFormat
    readonly cookies: { readonly user: { readonly name: string }; readonly guest: { readonly name: string } }
  }): void
}

/** A session of another library that ours replaces. */
export interface ForeignSession {
  /**
   * The token of the new session. No store has confirmed it, so that ours adopts it. Its identity is derived from the foreign
   * secret, so that simultaneous requests of one visitor get the same session, and no one else does.
   */
  readonly token: Token
  /** The library's cookies, to delete them in the response: the name, and `domain` and `path` if they are not the default. */
  readonly cookies: readonly CookieOptions[]
  /** The sessions of further cookies of the same name, in the order of the header. A sign-out ends them too. @default none */
  readonly others?: readonly ForeignSession[] | undefined
  /** Whether only a sign-out deletes its cookies, because the other library still serves some requests. @default false */
  readonly stays?: boolean | undefined
  /**
   * Called whenever a user's session was adopted, and at a sign-out. It must prevent a second adoption after the sign-out: our
   * store forgets an end after the absolute timeout. If it rejects, the response is a 503.
   */
  settle?(isSignedOut: boolean): Promise<void>
}
