import type { MiddlewareHandler } from 'hono'
import type { CommitResult } from '../request/commit.ts'
import { allowLateRead, onAccess } from '../session/session-access.ts'
import { stateOf, type Session } from '../session/session.ts'
import { threwUnavailable } from '../session/session-unavailable.ts'
import type { Sessions } from '../sessions.ts'
import { applyHeaders, fetchHeaders, isUnshared } from './shared/apply-headers.ts'
import { checkSecrets } from './shared/check-secrets.ts'
import { checkSessions } from './shared/check-sessions.ts'
import { warnOfLostCookies } from './shared/cookie-warning.ts'
import { lifecycleOf } from './shared/lifecycle-of.ts'
import { findOpenSession, keepSession, recordOpenSession } from './shared/nesting.ts'

declare module 'hono' {
  interface ContextVariableMap {
    /** The session of this request. */
    session: Session
  }
}

/**
 * Hono middleware: opens the request's session at `c.var.session` and commits it before the response leaves. If the session threw
 * `ERR_SESSION_UNAVAILABLE`, a response with 500 becomes one with 503.
 *
 * Register middleware that caches responses before this one. If it is registered after, it sees responses before they are
 * marked as private.
 *
 * @throws `ERR_OPTIONS` if `sessions` is not what `createSessions()` returns.
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
  checkSecrets(lifecycle)

  return async function sojourn(c, next) {
    // Looked up by context first, because Hono's middleware may replace `c.req.raw`.
    const outerSession = findOpenSession(c, sessions) ?? findOpenSession(c.req.raw, sessions)
    if (outerSession !== undefined) {
      c.set('session', keepSession(c.get('session'), outerSession))
      return next()
    }
    const opened = lifecycle.open(c.req.header('Cookie'))
    const session = opened instanceof Promise ? await opened : opened
    recordOpenSession(c, sessions, session)
    c.set('session', session)
    // Set on first access, because a cache that is registered after us sees the response before the commit.
    onAccess(session, () => c.header('Cache-Control', 'no-store'))
    try {
      await next()
      if (c.res.status === 500 && threwUnavailable(stateOf(session))) {
        c.res = new Response(c.res.body, { status: 503, headers: c.res.headers })
        c.header('Retry-After', '1')
      }
      const committed = lifecycle.commit(session, { failed: c.res.status >= 500 })
      setSessionHeaders(committed instanceof Promise ? await committed : committed)
      allowLateRead(session, () => isUnshared(c.res.headers))
    } catch (error) {
      // Hono copies the headers of `c.res` to the error's response. Only ours belong there, not the discarded response's.
      c.res = undefined
      c.res = new Response(null, { status: 500 })
      // Commit as failed, so that a sign-out takes effect although the request failed.
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
      if (cookies.length === 0 && changeInPlace(c.res.headers, committed)) return
      // `c.header` copies the response, because the handler may return one Response for all requests.
      if (isPrivate) c.header('Cache-Control', 'no-store')
      applyHeaders(fetchHeaders, c.res.headers, committed)
    }
  }
}

/**
 * Adds headers that hold nothing of the visitor, without the copy, which costs more than the session itself. Returns `false`
 * if the response needs the copy: a cache might still keep it for everybody, or it is read-only, as one from `fetch`.
 */
function changeInPlace(headers: Headers, committed: CommitResult): boolean {
  // Responses that `c` makes after the first access have this already.
  if (headers.get('Cache-Control') !== 'no-store') return false
  try {
    applyHeaders(fetchHeaders, headers, committed)
    return true
  } catch {
    return false
  }
}
