import type { CookieSettings, FastifyRequest } from './host.ts'

/** The cookie of a session: `request.session.cookie`. `maxAge` and `originalMaxAge` are in milliseconds. */
export class Cookie {
  path: string
  domain: string | null
  secure: boolean | null
  sameSite: boolean | string | null
  httpOnly: boolean
  partitioned: boolean | undefined
  /** How long the session lives after each use; `null` if the cookie ends with the browser, or at a fixed time. */
  originalMaxAge: number | null = null
  /** When the session ends, as the store or the options say. `touch` does not move it. */
  declare originalExpires?: Date
  expires: Date | null = null

  constructor(settings: CookieSettings, request: FastifyRequest) {
    const { expires, secure = null } = settings
    const isHttps = request.protocol === 'https'
    this.path = settings.path || '/'
    this.domain = settings.domain || null
    this.secure = secure === 'auto' ? isHttps : secure
    // Browsers drop SameSite=None without Secure.
    this.sameSite = secure === 'auto' && !isHttps ? 'lax' : settings.sameSite || null
    this.httpOnly = settings.httpOnly ?? true
    this.partitioned = settings.partitioned
    if (expires) this.originalExpires = new Date(expires)
    const maxAge = settings.originalMaxAge || settings.maxAge
    if (maxAge) this.maxAge = maxAge
    else if (expires) this.expires = new Date(expires)
  }

  /** How long the browser keeps the cookie, from now on; `null` until it is closed. */
  get maxAge(): number | null {
    return this.expires instanceof Date ? this.expires.valueOf() - Date.now() : null
  }

  set maxAge(ms: number) {
    this.expires = new Date(Date.now() + ms)
    this.originalMaxAge = ms
  }

  /** The attributes, as stores and `setCookie` get them. `setCookie` must not get `maxAge`, which it takes for seconds. */
  toJSON(): object {
    const { expires, originalMaxAge, originalExpires, sameSite, secure, path, httpOnly, domain, partitioned } = this
    return { expires, originalMaxAge, originalExpires, sameSite, secure, path, httpOnly, domain, partitioned }
  }
}
