import { SojournError } from '../core/errors.ts'
import type { RegisteredData } from '../core/session-data-type.ts'
import type { CommitResult } from '../request/commit.ts'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../sessions.ts'
import { applyHeaders, fetchHeaders } from './shared/apply-headers.ts'
import { checkSessions } from './shared/check-sessions.ts'
import { createCookieWarning } from './shared/cookie-warning.ts'
import { lifecycleOf } from './shared/lifecycle-of.ts'
import { isAlreadyOpen, recordNesting, sessionByRequest } from './shared/nesting.ts'

/** A handler of the Fetch API, as Bun, Deno, Cloudflare Workers and route handlers take it, with the session behind the request. */
export type SessionHandler<Data extends object = RegisteredData, Rest extends unknown[] = []> = (
  request: Request,
  session: Session<Data>,
  ...rest: Rest
) => Response | Promise<Response>

/**
 * Gives a handler the session of its request, and commits it before the response leaves. What the host passes behind
 * the request, such as Workers' `env`, comes behind the session.
 *
 * A `Response` that is thrown is the response, and so is what an error's `getResponse()` gives. Any other error is
 * written to the console and answered with 500, so that a sign-out before it keeps its effect.
 *
 * @throws `ERR_OPTIONS` when it is given something else.
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
  const warnOfLostCookies = createCookieWarning()

  return async function sojourn(request, ...rest) {
    try {
      const outerSession = sessionByRequest.get(request)
      if (isAlreadyOpen(outerSession, sessions))
        return await callHandler(async () => handler(request, outerSession as Session<Data>, ...rest))
      const session = await lifecycle.open(request.headers.get('Cookie'))
      recordNesting(session, sessions, outerSession)
      sessionByRequest.set(request, session)
      const response = await callHandler(async () => handler(request, session, ...rest))
      return await commitResponse(session, response).catch(async (error) => {
        const fallback = toErrorResponse(error)
        // What ended stays ended, also when the rest cannot be kept.
        return commitResponse(session, fallback, true).catch(() => fallback)
      })
    } catch (error) {
      return toErrorResponse(error)
    }

    async function commitResponse(session: Session<Data>, response: Response, failed = response.status >= 500) {
      const result = await lifecycle.commit(session, { failed })
      warnOfLostCookies(result.cookies, () => ({
        https: request.url.startsWith('https:'),
        header: (name) => request.headers.get(name),
      }))
      return withHeaders(response, result)
    }
  }
}

async function callHandler(handle: () => Promise<Response>): Promise<Response> {
  try {
    const response: unknown = await handle()
    if (isResponse(response)) return response
    throw new TypeError('The handler that sojourn was given resolved to no Response.')
  } catch (thrown) {
    return toErrorResponse(thrown)
  }
}

function toErrorResponse(thrown: unknown): Response {
  if (isResponse(thrown)) return thrown
  if (thrown instanceof Error && 'getResponse' in thrown && typeof thrown.getResponse === 'function') {
    const response: unknown = thrown.getResponse()
    if (isResponse(response)) return response
  }
  console.error(thrown)
  return new Response('Internal Server Error', { status: 500 })
}

// Always a copy: the response may be one that the handler gives to everybody, or one whose headers cannot be written to.
function withHeaders(response: Response, committed: CommitResult): Response {
  // A connection that is taken over, as by a WebSocket, has no response to add to.
  if (response.status === 101 || (!committed.isPrivate && committed.cookies.length === 0)) return response
  const copy = copyResponse(response)
  applyHeaders(fetchHeaders, copy.headers, committed)
  return copy
}

function copyResponse(response: Response): Response {
  try {
    return new Response(response.body, response)
  } catch (error) {
    // Its body was read already, or it stands for a network error: there is nothing to send of it.
    return toErrorResponse(error)
  }
}

// Servers put a Response class of their own in the place of the platform's, so that instanceof tells nothing.
function isResponse(value: unknown): value is Response {
  return typeof value === 'object' && value !== null && 'status' in value && 'headers' in value && 'body' in value
}
