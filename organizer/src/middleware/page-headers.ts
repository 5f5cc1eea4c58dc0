import type { MiddlewareHandler } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { ownOrigin } from './proxy-headers.ts'

const self = ["'self'"]
const none = ["'none'"]

/** Headers that make the browser keep to what these pages need: their own scripts, styles and forms. */
export function pageHeaders({
  production,
  trustProxy,
}: {
  production: boolean
  trustProxy: number
}): MiddlewareHandler {
  const common = secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: none,
      scriptSrc: self,
      styleSrc: self,
      imgSrc: self,
      fontSrc: self,
      connectSrc: self,
      formAction: self,
      frameAncestors: none,
      baseUri: none,
    },
    permissionsPolicy: { camera: [], geolocation: [], microphone: [], payment: [] },
    referrerPolicy: 'same-origin',
    xFrameOptions: 'DENY',
    strictTransportSecurity: false,
  })
  return async function headers(c, next) {
    await common(c, next)
    // Only over https, where alone browsers heed it, and not for subdomains, which may be somebody else's.
    if (production && ownOrigin(c, trustProxy).startsWith('https:')) {
      c.res.headers.set('Strict-Transport-Security', 'max-age=31536000')
    }
  }
}
