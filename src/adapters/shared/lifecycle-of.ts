import type { CommitResult } from '../../request/commit.ts'
import type { RequestLifecycle } from '../../request/lifecycle.ts'
import { internalsOf, type Sessions } from '../../sessions.ts'

/**
 * The two ends of a request. Sessions that somebody wrapped, or whose `open` or `commit` were replaced before
 * they were mounted, are asked as they are.
 */
export function lifecycleOf<Data extends object>(sessions: Sessions<Data>): RequestLifecycle<Data> {
  const internals = internalsOf.get(sessions)
  if (internals !== undefined && internals.open === sessions.open && internals.commit === sessions.commit)
    return internals.lifecycle
  return {
    isSync: false,
    open: async (cookieHeader) => sessions.open(cookieHeader),
    commit: async (session, options) => commitFromHeaders(await sessions.commit(session, options)),
  }
}

const commitFromHeaders = (headers: Headers): CommitResult => ({
  cookies: headers.getSetCookie(),
  isPrivate: headers.has('Cache-Control'),
})
