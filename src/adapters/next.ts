import { cookies, type CookieJar } from 'next/headers'
import { NextResponse } from 'next/server'
import { SojournError } from '../core/errors.ts'
import type { RegisteredData } from '../core/session-data-type.ts'
import type { SetCookie } from '../request/set-cookie.ts'
import { makeReadOnly } from '../session/session-access.ts'
import type { Session } from '../session/session.ts'
import type { CommitHeaders, Sessions } from '../sessions.ts'
import { sojourn as sojournOfFetch, type SessionHandler } from './fetch.ts'
import { checkSessions } from './shared/check-sessions.ts'

/** The functions that `sojourn(sessions)` makes, for the App Router of Next. */
export interface NextSessions<Data extends object = RegisteredData> {
  /**
   * Resolves to the session of the request, for server components and what they call. It can only be read there, because a
   * component sends no cookie: each change throws `ERR_COMMITTED`. In an `action` it is the session of the action.
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
  route<Rest extends unknown[]>(
    handler: SessionHandler<Data, Rest>,
  ): (request: Request, ...rest: Rest) => Promise<Response>
  /**
   * Makes the function of `proxy.ts`. It records that the session is used, so that users who only open pages do not idle out, and
   * gives a renewed cookie to the page as well as to the browser. A request by which a browser prefetches a page is no use. Next hides
   * from `proxy` which requests its own router makes to prefetch; the `matcher` can leave them out.
   *
   * @param handler may return a response in place of the page, such as `NextResponse.redirect(…)`
   */
  proxy(handler?: ProxyHandler<Data>): (request: Request) => Promise<Response>
}

/** Answers a request in place of the page, or lets it pass by returning nothing. */
export type ProxyHandler<Data extends object = RegisteredData> = (
  request: Request,
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
  const ofActions = new WeakMap<CookieJar, Session<Data>>()
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
        if (outerSession !== undefined) return handler(outerSession, ...values)
        const session = await sessions.open(jar.toString())
        ofActions.set(jar, session)
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

    route: (handler) => sojournOfFetch(sessions, handler),

    proxy: (handler) =>
      async function proxy(request) {
        const session = await sessions.open(request)
        const background = (request.headers.get('Sec-Purpose') ?? '').startsWith('prefetch')
        let own: Response | undefined
        let committed: CommitHeaders | null
        try {
          own = (await handler?.(request, session)) ?? undefined
          committed = await sessions.commit(session, { failed: own !== undefined && own.status >= 500, background })
        } catch (error) {
          // Next answers every error of proxy with 500.
          if (!(error instanceof SojournError)) throw error
          own = error.getResponse()
          committed = await sessions.commit(session, { failed: true }).catch(() => null)
        }
        const response =
          own ?? NextResponse.next({ request: { headers: withCookies(request.headers, committed?.cookies ?? []) } })
        for (const cookie of committed?.getSetCookie() ?? []) response.headers.append('Set-Cookie', cookie)
        return response
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

/** Returns the headers of a request as if the browser had sent it with the new cookies. */
function withCookies(headers: Headers, changes: readonly SetCookie[]): Headers {
  if (changes.length === 0) return headers
  const changed = new Set(changes.map(({ name }) => name))
  const kept = (headers.get('Cookie') ?? '').split(/; */).filter((pair) => !changed.has(pair.split('=', 1)[0]!.trim()))
  const added = changes.filter(({ value }) => value !== '').map(({ name, value }) => `${name}=${value}`)
  const copy = new Headers(headers)
  copy.set('Cookie', [...kept, ...added].filter(Boolean).join('; '))
  return copy
}
