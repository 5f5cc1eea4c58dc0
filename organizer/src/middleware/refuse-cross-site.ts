import type { Context, MiddlewareHandler } from 'hono'
import type { Log } from '../server/log.ts'
import { ownOrigin } from './proxy-headers.ts'

const safe = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses what another site makes a browser send, whatever its content type: by Fetch Metadata, or by `Origin` where a
 * browser does not send that. A request with neither is refused too. It stands before the session, so that nothing
 * of a refused request can reach one.
 */
export function refuseCrossSite(hops: number, log: Log, refused: MiddlewareHandler): MiddlewareHandler {
  return async function crossSite(c, next) {
    const site = c.req.header('sec-fetch-site')
    const origin = c.req.header('origin')
    const own = ownOrigin(c, hops)
    if (safe.has(c.req.method) || isOurs(site, origin, own)) return next()
    log.info('form refused, since it seems to come from another site', {
      ...(site !== undefined && { site: site.slice(0, 40) }),
      ...(origin !== undefined && { origin: origin.slice(0, 200) }),
      here: own,
      // An answer from behind a proxy that nobody told us to trust looks as if it came from elsewhere.
      ...(hops === 0 && isForwarded(c) && { hint: 'Behind a proxy, set TRUST_PROXY=1 and let it pass on Host.' }),
    })
    return refused(c, next)
  }
}

function isForwarded(c: Context): boolean {
  return ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'].some((name) => c.req.header(name) !== undefined)
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
