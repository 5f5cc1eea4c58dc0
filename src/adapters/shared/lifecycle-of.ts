import type { CommitResult } from '../../request/commit.ts'
import type { RequestLifecycle } from '../../request/lifecycle.ts'
import { internalsOf, type Sessions } from '../../sessions.ts'

/**
 * Returns the lifecycle of these sessions, whose `open` and `commit` may be synchronous. If the sessions are wrapped, or their
 * `open` or `commit` were replaced, it calls those methods instead, so that the wrapper is not bypassed.
 */
export function lifecycleOf<Data extends object>(sessions: Sessions<Data>): RequestLifecycle<Data> {
  const internals = internalsOf.get(sessions)
  if (internals !== undefined && internals.open === sessions.open && internals.commit === sessions.commit)
    return internals.lifecycle
  return {
    isSync: false,
    prepare() {},
    open: async (cookieHeader) => sessions.open(cookieHeader),
    commit: async (session, options) => commitFromHeaders(await sessions.commit(session, options)),
  }
}

const commitFromHeaders = (headers: Headers): CommitResult => ({
  cookies: headers.getSetCookie(),
  isPrivate: headers.has('Cache-Control'),
})
