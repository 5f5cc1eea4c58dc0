import type { ServerResponse } from 'node:http'
import { readCookieValues } from '../../cookies/cookie-header.ts'
import { warnOnce } from '../../core/warn-once.ts'
import { emptyCommit, type CommitResult } from '../../request/commit.ts'
import { andThen, type MaybePromise } from '../../util/maybe-promise.ts'
import { userIdOf } from '../shared/user-of.ts'
import type { Settings } from './options.ts'
import type { SessionRequest } from './request-session.ts'
import { formatCookie, removeSetCookies, type CookiePair } from './set-cookie.ts'
import type { Change, RequestCookies } from './wire.ts'

type SavedChange = Extract<Change, { readonly type: 'saved' }>

/** Creates the commit of a request. Called again after it threw, it commits the response to the error. */
export function createRequestCommit(
  { name, cacheHeaders, userOf, replacedCookies }: Settings,
  request: SessionRequest,
  response: ServerResponse,
  cookies: RequestCookies,
  findChange: () => Change,
): () => MaybePromise<CommitResult> {
  const own = request.sessionOptions!
  const names = [name, `${name}.sig`]
  const [received] = readCookieValues(request.headers.cookie ?? '', name)
  const isReplaced = (): boolean => received !== undefined && replacedCookies.has(received)
  const wasReplaced = isReplaced()

  /** Returns the user who has the session from now on, and whether that is a sign-in. */
  function readUser({ data }: SavedChange): { userId: string | null; isNew: boolean } {
    const userId = userIdOf(userOf, data)
    return { userId, isNew: userId !== userIdOf(userOf, cookies.read() ?? {}) }
  }

  function toResult(pairs: readonly CookiePair[]): CommitResult {
    const isSecure = isEncrypted(request)
    if (pairs.length > 0 && own.secure && !isSecure) {
      warnOfMissingCookie()
      return emptyCommit
    }
    return {
      cookies: pairs.map((pair) => formatCookie(pair, own, isSecure)),
      isPrivate: cacheHeaders && pairs.length > 0,
    }
  }

  /** Deletes the cookies, also if the session was known to be over: the browser may have another one. */
  function withDeletions(pairs: readonly CookiePair[]): readonly CookiePair[] {
    const present = names.filter((each) => each === name || request.headers.cookie?.includes(`${each}=`))
    return [...new Map([...present.map((each): CookiePair => [each, '']), ...pairs])]
  }

  return () => {
    const change = findChange()
    const user = change.type === 'saved' ? readUser(change) : null
    // A guest's cookie must not replace that of a sign-in, because this response may arrive after it.
    if (user?.userId === null && !user.isNew && (wasReplaced || isReplaced())) return emptyCommit
    // Now, because no header can be removed while the response waits.
    if (change.type !== 'none' && own.overwrite !== false) removeSetCookies(response, names)
    return andThen(cookies.commit(change), (pairs) => {
      if (user?.isNew && user.userId !== null && received !== undefined) replacedCookies.add(received)
      return toResult(change.type === 'removed' ? withDeletions(pairs) : pairs)
    })
  }
}

/** Whether browsers use https. Express believes the proxies that `trust proxy` names. */
const isEncrypted = ({ socket, protocol }: SessionRequest): boolean =>
  (socket as { encrypted?: unknown } | undefined)?.encrypted === true || protocol === 'https'

/** Warns once that no cookie was sent, because nothing else shows why users do not stay signed in. */
function warnOfMissingCookie(): void {
  warnOnce(
    'sojourn: no session cookie was sent, because secure is set and the request seems to have come over plain http. ' +
      "If a proxy serves https, it must send X-Forwarded-Proto: https; also set app.set('trust proxy', 1). " +
      'For tests without https, set secure: false.',
  )
}
