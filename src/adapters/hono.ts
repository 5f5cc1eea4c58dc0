import type { MiddlewareHandler } from 'hono'
import type { CommitResult } from '../request/commit.ts'
import { onAccess, type Session } from '../session/session.ts'
import type { Sessions } from '../sessions.ts'
import { applyHeaders, fetchHeaders } from './shared/apply-headers.ts'
import { checkSessions } from './shared/check-sessions.ts'
import { createCookieWarning } from './shared/cookie-warning.ts'
import { lifecycleOf } from './shared/lifecycle-of.ts'
import { isAlreadyOpen, recordNesting, sessionByRequest } from './shared/nesting.ts'

declare module 'hono' {
  interface ContextVariableMap {
    /** The session of this request. */
    session: Session
  }
}

/**
 * Hono middleware: opens the request's session at `c.var.session`, and commits it before the response leaves.
 *
 * Middleware that caches responses goes in front of it: behind it, it would see them before they are made private.
 *
 * @throws `ERR_OPTIONS` when it is given something else than sessions.
 * @example
 * ```ts
 * const app = new Hono()
 * app.use(sojourn(createSessions()))
 * app.get('/', (c) => c.text(`Visit ${(c.var.session.data.visits = (c.var.session.data.visits ?? 0) + 1)}`))
 * ```
 */
export function sojourn(sessions: Sessions<any>): MiddlewareHandler {
  checkSessions(sessions)
  const lifecycle = lifecycleOf(sessions)
  const warnOfLostCookies = createCookieWarning()

  return async function sojourn(c, next) {
    const outerSession = c.get('session') ?? sessionByRequest.get(c.req.raw)
    if (isAlreadyOpen(outerSession, sessions)) {
      c.set('session', outerSession!)
      return next()
    }
    const session = await lifecycle.open(c.req.header('Cookie'))
    recordNesting(session, sessions, outerSession)
    c.set('session', session)
    // Already here, for a cache that stands behind us all the same.
    onAccess(session, () => c.header('Cache-Control', 'no-store'))
    try {
      await next()
      setSessionHeaders(await lifecycle.commit(session, { failed: c.res.status >= 500 }))
    } catch (error) {
      // Hono takes over to the error's response what headers it finds here: ours, and none of the response that is not sent.
      c.res = undefined
      c.res = new Response(null, { status: 500 })
      // What ended stays ended, also when the rest cannot be kept.
      setSessionHeaders(await lifecycle.commit(session, { failed: true }))
      throw error
    }

    function setSessionHeaders(committed: CommitResult): void {
      const { cookies, isPrivate } = committed
      if (!isPrivate && cookies.length === 0) return
      warnOfLostCookies(cookies, () => ({
        https: c.req.url.startsWith('https:'),
        header: (name) => c.req.header(name),
      }))
      // Hono makes the headers of a response that came from elsewhere, such as a fetch, writable here.
      if (isPrivate) c.header('Cache-Control', 'no-store')
      applyHeaders(fetchHeaders, c.res.headers, committed)
    }
  }
}
