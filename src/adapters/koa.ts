import type { Middleware } from 'koa'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../sessions.ts'
import { checkSecrets } from './shared/check-secrets.ts'
import { checkSessions } from './shared/check-sessions.ts'
import { commitBeforeHeaders } from './shared/commit-before-headers.ts'
import { lifecycleOf } from './shared/lifecycle-of.ts'
import { findOpenSession, keepSession, recordOpenSession } from './shared/nesting.ts'

declare module 'koa' {
  interface DefaultContext {
    /** The session of this request. */
    session: Session
  }
}

/**
 * Koa middleware: opens the request's session at `ctx.session` and commits it before the response's first header leaves,
 * whether Koa sends it, or the handler by `ctx.res`.
 *
 * If a middleware throws, Koa responds and removes all headers, but a sign-out before the error still takes effect. A failed
 * commit goes to `ctx.onerror` and to the `error` event of the application: 500 for data that JSON cannot represent, 503 for
 * `ERR_SESSION_UNAVAILABLE`. If the handler was still writing the response, as a stream does, the client gets that status with
 * a short text instead.
 *
 * @throws `ERR_OPTIONS` if `sessions` is not what `createSessions()` returns.
 * @example
 * ```ts
 * const app = new Koa()
 * app.use(sojourn(createSessions()))
 * app.use((ctx) => {
 *   ctx.body = `Hello, ${ctx.session.userId ?? 'guest'}`
 * })
 * ```
 */
export function sojourn(sessions: Sessions<any>): Middleware {
  checkSessions(sessions)
  const lifecycle = lifecycleOf(sessions)
  checkSecrets(lifecycle)
  const commitLater = commitBeforeHeaders(lifecycle)

  return async function sojourn(ctx, next) {
    const { req: request, res: response } = ctx
    const outerSession = findOpenSession(request, sessions)
    if (outerSession !== undefined) {
      ctx.session = keepSession(ctx.session, outerSession)
      return next()
    }
    const opened = lifecycle.open(request.headers.cookie)
    const session = opened instanceof Promise ? await opened : opened
    recordOpenSession(request, sessions, session)
    ctx.session = session
    commitLater(session, request, response, (error) => ctx.onerror(error as Error))
    return next()
  }
}
