import { optionsError, SojournError } from '../core/errors.ts'
import type { RegisteredData } from '../core/session-data-type.ts'
import type { CommitResult } from '../request/commit.ts'
import { allowLateRead } from '../session/session-access.ts'
import { stateOf, type Session } from '../session/session.ts'
import { threwUnavailable } from '../session/session-unavailable.ts'
import type { Sessions } from '../sessions.ts'
import { applyHeaders, fetchHeaders, isUnshared } from './shared/apply-headers.ts'
import { checkSessions } from './shared/check-sessions.ts'
import { warnOfLostCookies } from './shared/cookie-warning.ts'
import { lifecycleOf } from './shared/lifecycle-of.ts'
import { findOpenSession, recordOpenSession } from './shared/nesting.ts'

/** A Fetch API handler, as for Bun, Deno, Cloudflare Workers and route handlers, with the session as second argument. */
export type SessionHandler<Data extends object = RegisteredData, Rest extends unknown[] = []> = (
  request: Request,
  session: Session<Data>,
  ...rest: Rest
) => Response | Promise<Response>

/**
 * Wraps a Fetch API handler: opens the request's session, passes it to the handler, and commits it before the response
 * leaves. Further arguments of the host, such as Workers' `env`, follow the session.
 *
 * If the handler throws a `Response`, or an error with `getResponse()`, that is the response; so is what `redirect()` and
 * `notFound()` of `next/navigation` throw. Any other error is logged with `console.error`, and the client gets 500. A sign-out
 * before the error still takes effect. If the session threw `ERR_SESSION_UNAVAILABLE`, a response with 500 becomes one with 503.
 *
 * @throws `ERR_OPTIONS` if `sessions` is not what `createSessions()` returns, or `handler` is not a function.
 * @example
 * ```ts
 * export default { fetch: sojourn(sessions, (request, session) => new Response(`Hello, ${session.userId ?? 'guest'}`)) }
 * ```
 */
export function sojourn<Data extends object, Rest extends unknown[]>(
  sessions: Sessions<Data>,
  handler: SessionHandler<Data, Rest>,
): (request: Request, ...rest: Rest) => Promise<Response> {
  checkSessions(sessions)
  if (typeof handler !== 'function') {
    throw new SojournError(
      'ERR_OPTIONS',
      'sojourn(sessions, handler) takes a handler: (request, session) => new Response(…).',
    )
  }
  const lifecycle = lifecycleOf(sessions)

  return async function sojourn(request, ...rest) {
    try {
      const outerSession = findOpenSession(request, sessions)
      if (outerSession !== undefined) return await callHandler(async () => handler(request, outerSession, ...rest))
      const session = await lifecycle.open(request.headers.get('Cookie'))
      recordOpenSession(request, sessions, session)
      const response = asUnavailable(session, await callHandler(async () => handler(request, session, ...rest)))
      return await commitResponse(session, response).catch(async (error) => {
        const fallback = toErrorResponse(error)
        // Commit again as failed, so that a sign-out takes effect although the first commit failed.
        return commitResponse(session, fallback, true).catch(() => fallback)
      })
    } catch (error) {
      return toErrorResponse(error)
    }

    async function commitResponse(session: Session<Data>, response: Response, failed = response.status >= 500) {
      const result = await lifecycle.commit(session, { failed })
      allowLateRead(session, () => isUnshared(response.headers))
      warnOfLostCookies(result.cookies, () => ({
        https: request.url.startsWith('https:'),
        header: (name) => request.headers.get(name),
      }))
      return withHeaders(response, result)
    }
  }
}

/**
 * Returns the session of a request that `sojourn` handles, for code that gets only the request, such as a plugin of the framework.
 *
 * @throws `ERR_OPTIONS` if `sojourn` does not handle this request with these sessions; a copy of the request is another one
 * @example
 * ```ts
 * const context = (request: Request) => ({ session: sessionOf(request, sessions) })
 * ```
 */
export function sessionOf<Data extends object>(request: Request, sessions: Sessions<Data>): Session<Data> {
  const session = findOpenSession(request, sessions)
  if (session !== undefined) return session
  throw optionsError(
    'sessionOf(request, sessions) got a request that sojourn(sessions, handler) does not handle. Pass the same sessions, and the request that the handler got.',
  )
}

/** The `digest` of the errors that `redirect()`, `notFound()` and their like of `next/navigation` throw. */
const nextDigestPattern = /^NEXT_(?:REDIRECT;\w+;([\x21-\xff]+);(30[1-8]);|HTTP_ERROR_FALLBACK;(4\d\d))$/

async function callHandler(handle: () => Promise<Response>): Promise<Response> {
  try {
    const response: unknown = await handle()
    if (isResponse(response)) return response
    throw new TypeError('The handler passed to sojourn(sessions, handler) did not return a Response.')
  } catch (thrown) {
    return toErrorResponse(thrown)
  }
}

/** Makes a 500 a 503 if the session threw `ERR_SESSION_UNAVAILABLE`, because some frameworks respond to every error with 500. */
function asUnavailable(session: Session<any>, response: Response): Response {
  if (response.status !== 500 || !threwUnavailable(stateOf(session))) return response
  const unavailable = copyResponse(response, { status: 503, headers: response.headers })
  unavailable.headers.set('Retry-After', '1')
  return unavailable
}

function toErrorResponse(thrown: unknown): Response {
  if (isResponse(thrown)) return thrown
  if (thrown instanceof Error && 'getResponse' in thrown && typeof thrown.getResponse === 'function') {
    const response: unknown = thrown.getResponse()
    if (isResponse(response)) return response
  }
  const next = nextDigestPattern.exec((thrown as { digest?: string } | undefined)?.digest ?? '')
  if (next !== null) {
    const [, location, redirectStatus, errorStatus] = next
    return new Response(null, {
      status: Number(redirectStatus ?? errorStatus),
      headers: location === undefined ? {} : { Location: location },
    })
  }
  console.error(thrown)
  return new Response('Internal Server Error', { status: 500 })
}

// Always copied, because the handler may return one Response for all requests, or one with read-only headers.
function withHeaders(response: Response, committed: CommitResult): Response {
  // 101 hands the connection over, as for a WebSocket. Such a response cannot be copied.
  if (response.status === 101 || (!committed.isPrivate && committed.cookies.length === 0)) return response
  const copy = copyResponse(response)
  applyHeaders(fetchHeaders, copy.headers, committed)
  return copy
}

function copyResponse(response: Response, init: ResponseInit = response): Response {
  try {
    return new Response(response.body, init)
  } catch (error) {
    // Its body was read already, or it is `Response.error()`, so it cannot be sent.
    return toErrorResponse(error)
  }
}

// Not `instanceof`, because some servers replace the global Response class with their own.
function isResponse(value: unknown): value is Response {
  return typeof value === 'object' && value !== null && 'status' in value && 'headers' in value && 'body' in value
}
