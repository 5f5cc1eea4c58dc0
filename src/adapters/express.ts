import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../sessions.ts'
import { answerError } from './shared/answer-error.ts'
import { checkSecrets } from './shared/check-secrets.ts'
import { checkSessions } from './shared/check-sessions.ts'
import { commitBeforeHeaders } from './shared/commit-before-headers.ts'
import { lifecycleOf } from './shared/lifecycle-of.ts'
import { findOpenSession, keepSession, recordOpenSession } from './shared/nesting.ts'

declare global {
  namespace Express {
    interface Request {
      /** The session of this request. */
      session: Session
    }
  }
}

/**
 * Middleware for Express 4 and 5, and for other frameworks that call `(request, response, next)`. It opens the request's
 * session at `request.session` and commits it before the response's first header leaves, whichever call sends the header. A
 * handler that never responds commits nothing.
 *
 * A failed commit goes to `next(error)`, so that your error handler responds: with 500 for data that JSON cannot represent,
 * with 503 for `ERR_SESSION_UNAVAILABLE`. If the handler was still writing the response, as a stream does, the client gets
 * that status with a short text instead. The same happens if no error handler starts a response within a second, because
 * some frameworks, such as Koa and h3, let a request call `next` only once. If the session threw `ERR_SESSION_UNAVAILABLE`, a
 * response with 500 becomes one with 503.
 *
 * @throws `ERR_OPTIONS` if `sessions` is not what `createSessions()` returns.
 * @example
 * ```ts
 * const app = express()
 * app.use(sojourn(createSessions()))
 * app.get('/', (req, res) => res.send(`Visit ${(req.session.data.visits = (req.session.data.visits ?? 0) + 1)}`))
 * ```
 */
export function sojourn(
  sessions: Sessions<any>,
): (request: IncomingMessage, response: ServerResponse, next: (error?: any) => void) => void {
  checkSessions(sessions)
  const lifecycle = lifecycleOf(sessions)
  checkSecrets(lifecycle)
  const commitLater = commitBeforeHeaders(lifecycle)

  return function sojourn(request, response, next) {
    const requestWithSession = request as IncomingMessage & { session?: Session }
    const outerSession = findOpenSession(request, sessions)
    if (outerSession !== undefined) {
      requestWithSession.session = keepSession(requestWithSession.session, outerSession)
      return next()
    }
    const opened = lifecycle.open(request.headers.cookie)
    if (opened instanceof Promise) opened.then(handle, next).catch((error) => answerError(response, error))
    else handle(opened)

    function handle(session: Session): void {
      recordOpenSession(request, sessions, session, commitLater(session, request, response, next))
      requestWithSession.session = session
      next()
    }
  }
}
