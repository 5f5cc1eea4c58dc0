import type { SessionEvent } from '../../core/events.ts'
import type { SessionStore } from '../../stores/store.ts'

/** The options that Sojourn's drop-in has besides those of cookie-session. Durations are in seconds. */
export interface DropInOptions {
  /**
   * Whether cookies are sealed, or as cookie-session writes them. With `'sealed'`, signed cookies of cookie-session are read and replaced. With
   * `'peer'`, servers with cookie-session may run beside this one. Then anyone with the cookie can read the data, and a copy of it opens for
   * as long as its key is in use. Sealed cookies are read and replaced.
   *
   * @default 'sealed'
   */
  wire?: 'sealed' | 'peer' | undefined
  /**
   * The store that keeps the sessions, such as `redisStore(…)`. With it, sessions can be listed and revoked, hold more than 4 KB, and a
   * copy of the cookie opens nothing after a sign-out. Sessions that are in cookies move to it on their next request.
   *
   * @default undefined: cookies hold the data
   */
  store?: SessionStore | undefined
  /**
   * Whether signed cookies of cookie-session are taken over. Turn it off when all have been replaced, because nothing else ends a copy of one.
   *
   * @default true
   */
  adopt?: boolean | undefined
  /**
   * Returns the user of a session, by whom sessions are listed and revoked; nothing for a guest. When the user changes, a new
   * session begins.
   *
   * @default `passport.user`, `userId` or `user`: an id, or the `id` of an object
   */
  userOf?: ((session: any) => string | number | null | undefined) | undefined
  /** Ends a session that was not used for this long. @default `maxAge`, or 604800 (7 days) without it */
  idleTimeout?: number | undefined
  /** Ends a session this long after its user signed in, even if it is in use. @default 34560000 (400 days), or `idleTimeout` if that is longer */
  absoluteTimeout?: number | undefined
  /** The least time between two writes of a session's last use. @default 3600 or 1/20 of `idleTimeout`, whichever is less */
  touchAfter?: number | undefined
  /** How long to wait for an answer of the store. @default 0.25 */
  storeTimeout?: number | undefined
  /** Whether a response that sets the cookie gets `Cache-Control: no-store` and `Vary: Cookie`. @default true */
  cacheHeaders?: boolean | undefined
  /** Receives events, for logs and metrics. @default undefined */
  onEvent?: ((event: SessionEvent) => void) | undefined
}
