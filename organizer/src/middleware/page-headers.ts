import type { MiddlewareHandler } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { serverOrigin } from './proxy-headers.ts'

const self = ["'self'"]
const none = ["'none'"]

/** Sets security headers. They allow only scripts, styles and forms of this application. */
export function setPageHeaders({
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
    // Browsers ignore this header without https. It leaves out subdomains, which may belong to other applications.
    if (production && serverOrigin(c, trustProxy).startsWith('https:')) {
      c.res.headers.set('Strict-Transport-Security', 'max-age=31536000')
    }
  }
}
