import type { IncomingMessage, ServerResponse } from 'node:http'
import { SojournError } from '../core/errors.ts'
import type { RegisteredData } from '../core/session-data-type.ts'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../sessions.ts'
import { answerError } from './shared/answer-error.ts'
import { checkSessions } from './shared/check-sessions.ts'
import { commitBeforeHeaders } from './shared/commit-before-headers.ts'
import { lifecycleOf } from './shared/lifecycle-of.ts'
import { isAlreadyOpen, recordNesting } from './shared/nesting.ts'

/** A request, with its session. */
export type SessionRequest<Data extends object = RegisteredData> = IncomingMessage & {
  /** The session of this request. */
  session: Session<Data>
}

/** A request listener of `node:http`, which finds the request's session at `request.session`. It may be asynchronous. */
export type SessionListener<Data extends object = RegisteredData> = (
  request: SessionRequest<Data>,
  response: ServerResponse,
) => unknown

/**
 * Gives a request listener of `node:http`, `node:https` or `node:http2` the session of each request, as `request.session`, and
 * commits it before the first header of the response leaves, whatever sends it. A listener that never answers commits nothing.
 *
 * An error that the listener throws, or rejects with, is written to the console and answered with 500, so that a sign-out
 * before it keeps its effect; one with a `status` of its own with that, as `ERR_SESSION_UNAVAILABLE` with 503.
 *
 * @throws `ERR_OPTIONS` when it is given something else.
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
  const commitLater = commitBeforeHeaders(lifecycle)

  return function sojourn(request, response) {
    const outerSession: unknown = (request as Partial<SessionRequest>).session
    if (isAlreadyOpen(outerSession, sessions)) return void listener(request as SessionRequest<Data>, response)
    const sendError = (error: unknown) => answerError(response, error)
    const opened = lifecycle.open(request.headers.cookie)
    if (opened instanceof Promise) opened.then(handle, sendError)
    else handle(opened)

    function handle(session: Session<Data>): void {
      commitLater(session, request, response, sendError)
      const requestWithSession = request as SessionRequest<Data>
      recordNesting(session, sessions, outerSession)
      requestWithSession.session = session
      try {
        const result = listener(requestWithSession, response)
        if (result instanceof Promise) result.catch(sendError)
      } catch (error) {
        sendError(error)
      }
    }
  }
}
