import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../sessions.ts'
import { answerError } from './shared/answer-error.ts'
import { checkSessions } from './shared/check-sessions.ts'
import { commitBeforeHeaders } from './shared/commit-before-headers.ts'
import { lifecycleOf } from './shared/lifecycle-of.ts'
import { isAlreadyOpen, recordNesting } from './shared/nesting.ts'

declare global {
  namespace Express {
    interface Request {
      /** The session of this request. */
      session: Session
    }
  }
}

/**
 * Middleware for Express 4 and 5, and whatever else calls `(request, response, next)`: opens the request's session at
 * `request.session`, and commits it before the first header of the response leaves, whatever sends it. A handler that never
 * answers commits nothing.
 *
 * What cannot be committed goes to `next`, so that your error handler answers: data that JSON cannot carry with 500,
 * `ERR_SESSION_UNAVAILABLE` with 503. Where the answer was half written by then, as by a stream, the status alone is sent.
 *
 * @throws `ERR_OPTIONS` when it is given something else than sessions.
 * @example
 * ```ts
 * const app = express()
 * app.use(sojourn(createSessions()))
 * app.get('/', (req, res) => res.send(`Visit ${(req.session.data.visits = (req.session.data.visits ?? 0) + 1)}`))
 * ```
 */
export function sojourn(
  sessions: Sessions<any>,
): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void {
  checkSessions(sessions)
  const lifecycle = lifecycleOf(sessions)
  const commitLater = commitBeforeHeaders(lifecycle)

  return function sojourn(request, response, next) {
    const requestWithSession = request as IncomingMessage & { session?: Session }
    const outerSession = requestWithSession.session
    if (isAlreadyOpen(outerSession, sessions)) return next()
    const opened = lifecycle.open(request.headers.cookie)
    if (opened instanceof Promise) opened.then(handle, next).catch((error) => answerError(response, error))
    else handle(opened)

    function handle(session: Session): void {
      recordNesting(session, sessions, outerSession)
      requestWithSession.session = session
      commitLater(session, request, response, next)
      next()
    }
  }
}
