import type { Context, MiddlewareHandler } from 'hono'
import { onAccess, type Session } from '../session.ts'
import type { Sessions } from '../sessions.ts'
import { checkSessions } from './shared/check-sessions.ts'
import { applyHeaders } from './shared/apply-headers.ts'

declare module 'hono' {
  interface ContextVariableMap {
    session: Session
  }
}

/** The sessions that a request has been opened in, for an application that mounts them twice. */
const mounted = new WeakMap<Context, Sessions<any>>()

/**
 * Hono middleware: opens the request's session at `c.var.session`, and commits it before the response leaves.
 *
 * Middleware that caches responses goes in front of it: behind it, it would see them before they are made private.
 *
 * @example
 * ```ts
 * const app = new Hono()
 * app.use(sojourn(createSessions()))
 * app.get('/', (c) => c.text(`Visit ${(c.var.session.data.visits = (c.var.session.data.visits ?? 0) + 1)}`))
 * ```
 */
export function sojourn(sessions: Sessions<any>): MiddlewareHandler {
  checkSessions(sessions)
  return async function sojourn(c, next) {
    if (mounted.get(c) === sessions) return next()
    mounted.set(c, sessions)
    const session = await sessions.open(c.req.header('Cookie'))
    c.set('session', session)
    // Already here, for a cache that stands behind us all the same.
    onAccess(session, () => c.header('Cache-Control', 'no-store'))
    try {
      await next()
      send(c, await sessions.commit(session, { failed: c.res.status >= 500 }))
    } catch (error) {
      // What ended stays ended, also when the rest cannot be kept. Hono takes over to the error's response what headers it
      // finds here: ours, and none of the response that is not sent.
      const committed = await sessions.commit(session, { failed: true })
      c.res = undefined
      c.res = new Response(null, { status: 500 })
      send(c, committed)
      throw error
    }
  }
}

function send(c: Context, committed: Headers): void {
  const cacheControl = committed.get('Cache-Control')
  if (cacheControl === null) return
  // Hono makes the headers of a response that came from elsewhere, such as a fetch, writable here.
  c.header('Cache-Control', cacheControl)
  applyHeaders(c.res.headers, committed)
}
