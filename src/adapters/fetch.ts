import type { RegisteredData } from '../core/session-data-type.ts'
import type { Session } from '../session/session.ts'
import type { CommitResult } from '../request/lifecycle.ts'
import type { Sessions } from '../sessions.ts'
import { requestsOf } from './shared/lifecycle-of.ts'
import { SojournError } from '../core/errors.ts'
import { checkSessions } from './shared/check-sessions.ts'
import { applyHeaders, fetchHeaders } from './shared/apply-headers.ts'
import { createCookieWarning } from './shared/cookie-warning.ts'
import { isMounted, mount, sessionOf } from './shared/nesting.ts'

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
  const requests = requestsOf(sessions)
  const warnOfLostCookies = createCookieWarning()

  return async function sojourn(request, ...rest) {
    try {
      const present = sessionOf.get(request)
      if (isMounted(present, sessions))
        return await answer(async () => handler(request, present as Session<Data>, ...rest))
      const session = await requests.open(request.headers.get('Cookie'))
      mount(session, sessions, present)
      sessionOf.set(request, session)
      const response = await answer(async () => handler(request, session, ...rest))
      return await committed(session, response).catch(async (error) => {
        const instead = responseTo(error)
        // What ended stays ended, also when the rest cannot be kept.
        return committed(session, instead, true).catch(() => instead)
      })
    } catch (error) {
      return responseTo(error)
    }

    async function committed(session: Session<Data>, response: Response, failed = response.status >= 500) {
      const result = await requests.commit(session, { failed })
      warnOfLostCookies(result.cookies, () => ({
        https: request.url.startsWith('https:'),
        header: (name) => request.headers.get(name),
      }))
      return withHeaders(response, result)
    }
  }
}

async function answer(handle: () => Promise<Response>): Promise<Response> {
  try {
    const response: unknown = await handle()
    if (isResponse(response)) return response
    throw new TypeError('The handler that sojourn was given resolved to no Response.')
  } catch (thrown) {
    return responseTo(thrown)
  }
}

function responseTo(thrown: unknown): Response {
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
  const copy = copyOf(response)
  applyHeaders(fetchHeaders, copy.headers, committed)
  return copy
}

function copyOf(response: Response): Response {
  try {
    return new Response(response.body, response)
  } catch (error) {
    // Its body was read already, or it stands for a network error: there is nothing to send of it.
    return responseTo(error)
  }
}

// Servers put a Response class of their own in the place of the platform's, so that instanceof tells nothing.
function isResponse(value: unknown): value is Response {
  return typeof value === 'object' && value !== null && 'status' in value && 'headers' in value && 'body' in value
}
