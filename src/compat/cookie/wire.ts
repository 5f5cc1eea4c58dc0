import type { Session } from '../../session/session.ts'
import type { MaybePromise } from '../../util/maybe-promise.ts'
import type { CookiePair } from './set-cookie.ts'

/** How a request changed its session. */
export type Change =
  | { readonly type: 'none' }
  | { readonly type: 'removed' }
  /** `isRegenerated`: the session that the request brought ends. */
  | { readonly type: 'saved'; readonly data: object; readonly isRegenerated: boolean }

/** The cookies of one request. */
export interface RequestCookies {
  /** The sealed session. */
  readonly session?: Session<any>
  /** Returns the data of the session in the cookies, or `null` if there is none. @throws `ERR_SESSION_UNAVAILABLE` */
  read(): object | null
  /** Saves a change, and returns the cookies to set. @throws if it cannot be saved; then the response must not report success */
  commit(change: Change): MaybePromise<readonly CookiePair[]>
}

/** How sessions are kept in cookies. */
export interface Wire {
  open(cookieHeader: string): MaybePromise<RequestCookies>
}
