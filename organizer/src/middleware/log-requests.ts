import type { MiddlewareHandler } from 'hono'
import type { Log } from '../server/log.ts'
import { paths } from '../paths.ts'

/** Logs each request by its path, without the query. */
export function logRequests(log: Log): MiddlewareHandler {
  return async function logRequest(c, next) {
    const startedAt = performance.now()
    await next()
    const { pathname: path } = new URL(c.req.url) // percent-encoded, so a path cannot forge a line of the log
    // Each page listens for the end of its session, which says nothing about what its user does.
    if (path === paths.health || path === paths.sessionEnded || path.startsWith(paths.assets)) return
    log.request({ method: c.req.method, path, status: c.res.status, ms: Math.round(performance.now() - startedAt) })
  }
}
