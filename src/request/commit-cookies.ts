import type { CookieJar } from '../cookies/cookie-jar.ts'
import type { CookieFormat } from '../cookies/format.ts'
import { kindOf, type Token } from '../core/token.ts'
import type { SaveResult, SessionRepository } from '../repository/repository.ts'
import type { CommitPlan } from '../session/commit-plan.ts'
import type { SessionState } from '../session/state.ts'

/** A `Set-Cookie` value, and the token in it. */
export interface SealedCookie {
  readonly cookie: string
  readonly token: Token
}

/** Creates the `Set-Cookie` values of a commit. */
export interface CommitCookies {
  /**
   * Returns the cookie to send if the repository saves a plan with this result, and its token. `null` if the cookie does not
   * change, or is deleted. It writes nothing.
   *
   * @throws `ERR_COOKIE_TOO_BIG`
   */
  seal(plan: CommitPlan, state: SessionState, saveResult: SaveResult): SealedCookie | null
  /** Returns the new cookie, and an expired one for each cookie of the request that has no session any more. */
  setCookies(state: SessionState, savedPlan: CommitPlan | null, cookie: string | null, isSignIn: boolean): string[]
}

export function createCommitCookies(
  format: CookieFormat,
  jar: CookieJar,
  repository: SessionRepository,
): CommitCookies {
  /** Returns whether a session has become empty, so that its cookie is deleted. One that was only used keeps its cookie. */
  function leavesNothing({ type, token }: CommitPlan): boolean {
    return type !== 'touched' && format.isEmpty?.(token) === true
  }

  return {
    seal(plan, { opening: { moment } }, saveResult) {
      const token = leavesNothing(plan) ? null : repository.tokenFor(plan, moment, saveResult)
      return token === null ? null : { token, cookie: jar.serialize(token, moment.at) }
    },

    setCookies({ signedOut, opening: { cookiesPresent } }, savedPlan, cookie, isSignIn) {
      const kind = cookie === null ? null : jar.isShared ? 'user' : kindOf(savedPlan!.token)
      const isEmpty = savedPlan !== null && leavesNothing(savedPlan)
      const cookies = cookie === null ? [] : [cookie]
      if (cookiesPresent.user && (signedOut || isEmpty) && kind !== 'user') cookies.push(jar.serializeDeletion('user'))
      if (cookiesPresent.guest && (signedOut || isSignIn) && kind !== 'guest')
        cookies.push(jar.serializeDeletion('guest'))
      return cookies
    },
  }
}
