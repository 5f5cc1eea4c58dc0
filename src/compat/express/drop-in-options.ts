import type { SessionEvent } from '../../core/events.ts'
import type { SessionStore } from '../../stores/store.ts'
import type { FormerStore } from '../shared/former-store.ts'

/** A store of express-session, such as that of connect-redis, as far as the middleware uses it. */
export interface ExpressSessionStore extends FormerStore {
  /** Writes a session. */
  set(id: string, session: any, callback?: (error?: any) => void): unknown
}

/** The options that Sojourn's drop-in has besides those of express-session. Durations are in seconds. */
export interface DropInOptions {
  /**
   * Where sessions are kept: a store of Sojourn, such as `redisStore(…)`, or any store of express-session.
   *
   * @default new MemoryStore()
   */
  store?: SessionStore | ExpressSessionStore | undefined
  /**
   * Returns the user of a session, by whom sessions are listed and revoked; nothing for a guest.
   *
   * @default `passport.user`, `userId` or `user`: an id, or the `id` of an object
   */
  userOf?: ((session: any) => string | number | null | undefined) | undefined
  /**
   * The store that was used before. Its sessions are taken over on their next request, users and guests. Only with a store of Sojourn.
   *
   * @default undefined
   */
  from?: FormerStore | undefined
  /**
   * Whether a session gets a new id when its user signs in or out. With `false`, an id from before the sign-in remains valid, and
   * a session that was stored before its user signed in is neither listed nor revoked.
   *
   * @default true
   */
  rotate?: boolean | undefined
  /** Whether a response that sets the cookie gets `Cache-Control: no-store` and `Vary: Cookie`. @default true */
  cacheHeaders?: boolean | undefined
  /**
   * Whether `next(error)` is called in place of the response if the session cannot be saved, or after the response has been sent, as by
   * express-session.
   *
   * @default 'before'
   */
  saveErrors?: 'before' | 'after' | undefined
  /** How long a session lives after each use if its cookie has no `maxAge`, in seconds. @default 86400 (a day) */
  ttl?: number | undefined
  /**
   * The least time between two writes of a session's last use, in seconds. A session ends up to this much too early. Only with
   * a store of Sojourn.
   *
   * @default 0
   */
  touchAfter?: number | undefined
  /** How long to wait for an answer of the store, in seconds. Only with a store of Sojourn. @default 0.25 */
  storeTimeout?: number | undefined
  /**
   * Whether a sign-out leaves a mark in a store of express-session for an hour, so that a slow request of another process does not
   * bring the session back. It costs one read for each change, except with connect-redis 9, and for each request that changes nothing,
   * except with connect-redis and connect-pg-simple. A request waits for it for at most a second.
   *
   * @default true, except for stores in memory
   */
  marks?: boolean | undefined
  /** Receives events, for logs and metrics. Only with a store of Sojourn. @default undefined */
  onEvent?: ((event: SessionEvent) => void) | undefined
}
