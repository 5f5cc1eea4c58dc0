import { cookies, type CookieJar } from 'next/headers'
import { NextResponse } from 'next/server'
import type { RegisteredData } from '../core/session-data-type.ts'
import { makeReadOnly } from '../session/session-access.ts'
import type { Session } from '../session/session.ts'
import type { Sessions } from '../sessions.ts'
import { sojourn as sojournOfFetch, type SessionHandler } from './fetch.ts'
import { checkSessions } from './shared/check-sessions.ts'

/** The functions that `sojourn(sessions)` makes, for the App Router of Next. */
export interface NextSessions<Data extends object = RegisteredData> {
  /**
   * Resolves to the session of the request, for server components and what they call. It can only be read there, because a
   * component sends no cookie: each change throws. In an `action` it is the session of the action. In a route handler use the
   * argument instead.
   */
  getSession(): Promise<Session<Data>>
  /**
   * Wraps a server action. The session is its first argument, and is committed when the action returns, or calls `redirect()` or
   * `notFound()`. If it throws anything else, only a sign-out is saved.
   */
  action<Values extends unknown[], Result>(
    handler: (session: Session<Data>, ...values: Values) => Result | Promise<Result>,
  ): (...values: Values) => Promise<Result>
  /** Wraps a route handler. The session is its second argument, and is committed before the response leaves. */
  route<Req extends Request, Rest extends unknown[]>(
    handler: (request: Req, session: Session<Data>, ...rest: Rest) => Response | Promise<Response>,
  ): (request: Req, ...rest: Rest) => Promise<Response>
  /**
   * Makes the function of `proxy.ts`. It records that the session is used, so that users who only open pages do not idle out, and
   * gives a renewed cookie to the page as well as to the browser. In Next 15.5 it is for `middleware.ts`, with `runtime: 'nodejs'`.
   *
   * @param handler may return a response in place of the page, such as `NextResponse.redirect(…)`
   */
  proxy<Req extends Request>(handler?: ProxyHandler<Data, Req>): (request: Req) => Promise<Response>
}

/** Answers a request in place of the page, or lets it pass by returning nothing. */
export type ProxyHandler<Data extends object = RegisteredData, Req extends Request = Request> = (
  request: Req,
  session: Session<Data>,
) => Response | undefined | void | Promise<Response | undefined | void>

const readOnlyHint =
  'a server component sends no cookie. Change the session in a server action, with action(…), or in a route handler, with route(…).'

/** The `digest` of the errors by which `redirect()`, `notFound()` and their like leave an action that has succeeded. */
const navigationPattern = /^NEXT_(?:REDIRECT|HTTP_ERROR_FALLBACK);/

/**
 * Makes the functions that server components, server actions, route handlers and `proxy.ts` of Next need.
 *
 * @throws `ERR_OPTIONS` if `sessions` is not what `createSessions()` returns.
 * @example
 * ```ts
 * export const { getSession, action, route, proxy } = sojourn(createSessions())
 * ```
 */
export function sojourn<Data extends object>(sessions: Sessions<Data>): NextSessions<Data> {
  checkSessions(sessions)
  /** The sessions of actions that run. */
  const ofActions = new WeakMap<CookieJar, Promise<Session<Data>>>()
  /** The sessions that components read, so that a page reads each from the store once. */
  const ofComponents = new WeakMap<CookieJar, OpenedPage<Data>>()

  async function commitAction(jar: CookieJar, session: Session<Data>, failed: boolean): Promise<void> {
    const committed = await sessions.commit(session, { failed })
    for (const { name, value, options } of committed.cookies) jar.set(name, value, options)
  }

  return {
    async getSession() {
      const jar = await cookies()
      const session = ofActions.get(jar)
      if (session !== undefined) return session
      const text = jar.toString()
      const known = ofComponents.get(jar)
      if (known?.text === text) return known.session
      const opened = openReadOnly(sessions, text)
      ofComponents.set(jar, { text, session: opened })
      return opened
    },

    action: (handler) =>
      async function action(...values) {
        const jar = await cookies()
        const outerSession = ofActions.get(jar)
        if (outerSession !== undefined) return handler(await outerSession, ...values)
        const opened = sessions.open(jar.toString())
        ofActions.set(jar, opened)
        const session = await opened
        let isFailed = true
        try {
          const result = await handler(session, ...values)
          isFailed = false
          return result
        } catch (error) {
          isFailed = !navigationPattern.test((error as { digest?: string } | null)?.digest ?? '')
          throw error
        } finally {
          ofActions.delete(jar)
          await commitAction(jar, session, isFailed).catch(async (error: unknown) => {
            // Commit again as failed, so that a sign-out takes effect although the first commit failed.
            if (!isFailed) await commitAction(jar, session, true).catch(() => {})
            throw error
          })
        }
      },

    // Next calls it with its own kind of request.
    route: (handler) => sojournOfFetch(sessions, handler as unknown as SessionHandler<Data, any>),

    proxy(handler) {
      const respond = sojournOfFetch(
        sessions,
        async (request, session) => (await handler?.(request as never, session)) ?? NextResponse.next(),
      )
      return async function proxy(request) {
        return withNewCookies(request, await respond(request))
      }
    },
  }
}

interface OpenedPage<Data extends object> {
  readonly text: string
  readonly session: Promise<Session<Data>>
}

async function openReadOnly<Data extends object>(sessions: Sessions<Data>, text: string): Promise<Session<Data>> {
  const session = await sessions.open(text)
  makeReadOnly(session, readOnlyHint)
  return session
}

/**
 * Gives a request that continues to a page the cookies that its response sets. Otherwise the page would read the old ones. Next takes headers
 * for the page from headers of the response, whose names `NextResponse.next` knows.
 */
function withNewCookies(request: Request, response: Response): Response {
  const lines = response.headers.getSetCookie()
  const continues = response.headers.has('x-middleware-next') || response.headers.has('x-middleware-rewrite')
  if (lines.length === 0 || !continues) return response
  const headers = new Headers(request.headers)
  headers.set('Cookie', mergeCookies(headers.get('Cookie') ?? '', lines))
  const overrides = NextResponse.next({ request: { headers } }).headers
  const copy = new Response(response.body, response)
  for (const [name, value] of overrides) {
    // A handler may have its own headers for the page.
    const isOurs = name === 'x-middleware-request-cookie' || !copy.headers.has(name)
    if (name.startsWith('x-middleware-') && name !== 'x-middleware-next' && isOurs) copy.headers.set(name, value)
  }
  return copy
}

/** Returns a `Cookie` header as the browser will send it after these `Set-Cookie` lines. */
function mergeCookies(header: string, lines: readonly string[]): string {
  const changes = lines.map((line) => line.split(';', 1)[0]!)
  const nameOf = (pair: string): string => pair.slice(0, pair.indexOf('=')).trim()
  const changed = new Set(changes.map(nameOf))
  const kept = header.split(/; */).filter((pair) => pair !== '' && !changed.has(nameOf(pair)))
  return [...kept, ...changes.filter((pair) => !pair.endsWith('='))].join('; ')
}
