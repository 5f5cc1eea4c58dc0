import type { Session } from '../session/session.ts'
import type { Sessions } from '../sessions.ts'
import { sojourn as sojournOfFetch } from './fetch.ts'

/** The key of the session in the context of React Router: `context.get(sessionContext)`. */
export const sessionContext: SessionContextKey = {}

interface SessionContextKey {
  readonly defaultValue?: Session
}

/** Middleware of React Router that keeps the session in its context. */
export type SessionMiddleware = (args: MiddlewareArgs, next: () => Promise<Response>) => Promise<Response>

interface MiddlewareArgs {
  readonly request: Request
  readonly context: { set(key: SessionContextKey, session: Session): void }
}

/**
 * Middleware of React Router 7 and 8 in framework mode: opens the request's session at `context.get(sessionContext)` and
 * commits it before the response leaves, also if a loader or an action throws `redirect(…)`.
 *
 * If the store does not answer, the visitor gets 503 instead of React Router's 500.
 *
 * @throws `ERR_OPTIONS` if `sessions` is not what `createSessions()` returns.
 * @example
 * ```ts
 * // app/root.tsx
 * export const middleware = [sojourn(createSessions())]
 * ```
 */
export function sojourn(sessions: Sessions<any>): SessionMiddleware {
  const handle = sojournOfFetch(
    sessions,
    async (_, session, context: MiddlewareArgs['context'], next: () => Promise<Response>) => {
      context.set(sessionContext, session)
      return next()
    },
  )
  return async ({ request, context }, next) => handle(request, context, next)
}
