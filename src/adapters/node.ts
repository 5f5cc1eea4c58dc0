import type { IncomingMessage, ServerResponse } from 'node:http'
import { SojournError } from '../core/errors.ts'
import type { RegisteredData } from '../core/session-data-type.ts'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../sessions.ts'
import { answerError } from './shared/answer-error.ts'
import { checkSecrets } from './shared/check-secrets.ts'
import { checkSessions } from './shared/check-sessions.ts'
import { commitBeforeHeaders } from './shared/commit-before-headers.ts'
import { lifecycleOf } from './shared/lifecycle-of.ts'
import { findOpenSession, keepSession, recordOpenSession } from './shared/nesting.ts'

/** A Node request with its session. */
export type SessionRequest<Data extends object = RegisteredData> = IncomingMessage & {
  /** The session of this request. */
  session: Session<Data>
}

/** A request listener of `node:http` with the session at `request.session`. It may be asynchronous. */
export type SessionListener<Data extends object = RegisteredData> = (
  request: SessionRequest<Data>,
  response: ServerResponse,
) => unknown

/**
 * Wraps a request listener of `node:http`, `node:https` or `node:http2`. It opens the request's session at `request.session`
 * and commits it before the response's first header leaves, whichever call sends the header. A listener that never responds
 * commits nothing.
 *
 * If the listener throws or rejects, the client gets the error's `status` (503 for `ERR_SESSION_UNAVAILABLE`) or 500, and a
 * sign-out before the error still takes effect. Errors with status 500 are logged with `console.error`. If the session threw
 * `ERR_SESSION_UNAVAILABLE`, a response of yours with 500 becomes one with 503.
 *
 * @throws `ERR_OPTIONS` if `sessions` is not what `createSessions()` returns, or `listener` is not a function.
 * @example
 * ```ts
 * createServer(sojourn(sessions, (request, response) => response.end(`Hello, ${request.session.userId ?? 'guest'}`)))
 * ```
 */
export function sojourn<Data extends object>(
  sessions: Sessions<Data>,
  listener: SessionListener<Data>,
): (request: IncomingMessage, response: ServerResponse) => void {
  checkSessions(sessions)
  if (typeof listener !== 'function') {
    throw new SojournError(
      'ERR_OPTIONS',
      'sojourn(sessions, listener) takes a listener: (request, response) => response.end(…).',
    )
  }
  const lifecycle = lifecycleOf(sessions)
  checkSecrets(lifecycle)
  const commitLater = commitBeforeHeaders(lifecycle)

  return function sojourn(request, response) {
    const requestWithSession = request as SessionRequest<Data>
    const outerSession = findOpenSession(request, sessions)
    if (outerSession !== undefined) {
      return callListener(requestWithSession, response, keepSession(requestWithSession.session, outerSession))
    }
    const opened = lifecycle.open(request.headers.cookie)
    if (!(opened instanceof Promise)) return handle(requestWithSession, response, opened)
    opened.then(
      (session) => handle(requestWithSession, response, session),
      (error: unknown) => answerError(response, error),
    )
  }

  function handle(request: SessionRequest<Data>, response: ServerResponse, session: Session<Data>): void {
    commitLater(session, request, response, null)
    recordOpenSession(request, sessions, session)
    callListener(request, response, session)
  }

  function callListener(request: SessionRequest<Data>, response: ServerResponse, session: Session<Data>): void {
    request.session = session
    try {
      const result = listener(request, response)
      if (result instanceof Promise) result.catch((error: unknown) => answerError(response, error))
    } catch (error) {
      answerError(response, error)
    }
  }
}
