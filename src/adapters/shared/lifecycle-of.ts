import type { CommitResult, RequestLifecycle } from '../../request/lifecycle.ts'
import { internalsOf, type Sessions } from '../../sessions.ts'

/**
 * The two ends of a request. Sessions that somebody wrapped, or whose `open` or `commit` were replaced before
 * they were mounted, are asked as they are.
 */
export function requestsOf<Data extends object>(sessions: Sessions<Data>): RequestLifecycle<Data> {
  const own = internalsOf.get(sessions)
  if (own !== undefined && own.open === sessions.open && own.commit === sessions.commit) return own.lifecycle
  return {
    isSync: false,
    readClock: () => ({ at: Date.now(), count: 0 }),
    open: async (cookieHeader) => sessions.open(cookieHeader),
    commit: async (session, options) => committedBy(await sessions.commit(session, options)),
  }
}

const committedBy = (headers: Headers): CommitResult => ({
  cookies: headers.getSetCookie(),
  isPrivate: headers.has('Cache-Control'),
})
