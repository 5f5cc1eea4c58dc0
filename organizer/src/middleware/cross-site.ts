import type { MiddlewareHandler } from 'hono'
import { ownOrigin } from './client.ts'

const safe = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses what another site makes a browser send, whatever its content type: by Fetch Metadata, or by `Origin` where a
 * browser does not send that. A request with neither is refused too. It stands before the session, so that nothing
 * of a refused request can reach one.
 */
export function refuseCrossSite(hops: number, refused: MiddlewareHandler): MiddlewareHandler {
  return async function crossSite(c, next) {
    if (safe.has(c.req.method) || isOurs(c.req.header('sec-fetch-site'), c.req.header('origin'), ownOrigin(c, hops))) {
      return next()
    }
    return refused(c, next)
  }
}

function isOurs(site: string | undefined, origin: string | undefined, own: string): boolean {
  switch (site) {
    case 'same-origin':
    case 'none': // typed, or from a bookmark: no page is behind it
      return true
    case 'same-site':
    case 'cross-site':
      return false
    default:
      return origin === own
  }
}
