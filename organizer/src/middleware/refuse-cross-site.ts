import type { Context, MiddlewareHandler } from 'hono'
import type { Log } from '../server/log.ts'
import { serverOrigin } from './proxy-headers.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses requests that another site makes a browser send, whatever their content type. It checks `Sec-Fetch-Site`, or
 * `Origin` if a browser does not send that. It refuses a request that has neither. It runs before the session is
 * opened, so that a refused request cannot change one.
 */
export function refuseCrossSite(hops: number, log: Log, sendRefusal: MiddlewareHandler): MiddlewareHandler {
  return async function refuseCrossSite(c, next) {
    const site = c.req.header('sec-fetch-site')
    const origin = c.req.header('origin')
    const own = serverOrigin(c, hops)
    if (safeMethods.has(c.req.method) || isSameOrigin(site, origin, own)) return next()
    log.info('form refused because it seems to come from another site', {
      ...(site !== undefined && { site: site.slice(0, 40) }),
      ...(origin !== undefined && { origin: origin.slice(0, 200) }),
      here: own,
      // Behind a proxy that is not trusted, our own forms seem to come from another site.
      ...(hops === 0 && isForwarded(c) && { hint: 'Behind a proxy, set TRUST_PROXY=1 and forward Host.' }),
    })
    return sendRefusal(c, next)
  }
}

function isForwarded(c: Context): boolean {
  return ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'].some((name) => c.req.header(name) !== undefined)
}

function isSameOrigin(site: string | undefined, origin: string | undefined, own: string): boolean {
  switch (site) {
    case 'same-origin':
    case 'none': // a typed address or a bookmark, which no page sends
      return true
    case 'same-site':
    case 'cross-site':
      return false
    default:
      return origin === own
  }
}
