import type { Committed, Requests } from '../../request/lifecycle.ts'
import { made, type Sessions } from '../../sessions.ts'

/**
 * The two ends of a request. Sessions that somebody wrapped, or whose `open` or `commit` were replaced before
 * they were mounted, are asked as they are.
 */
export function requestsOf<Data extends object>(sessions: Sessions<Data>): Requests<Data> {
  const own = made.get(sessions)
  if (own !== undefined && own.open === sessions.open && own.commit === sessions.commit) return own.requests
  return {
    isAtOnce: false,
    moment: () => ({ at: Date.now(), count: 0 }),
    open: async (cookieHeader) => sessions.open(cookieHeader),
    commit: async (session, options) => committedBy(await sessions.commit(session, options)),
  }
}

const committedBy = (headers: Headers): Committed => ({
  cookies: headers.getSetCookie(),
  isPrivate: headers.has('Cache-Control'),
})
