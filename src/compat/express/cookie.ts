import { formatSetCookie, type CookieAttributes } from '../shared/set-cookie.ts'

/** The cookie of a session: `req.session.cookie`. `maxAge` and `originalMaxAge` are in milliseconds. */
export class Cookie {
  /** How long the session lives after each use; `null` if the cookie ends with the browser. */
  originalMaxAge: number | null = null
  path = '/'
  httpOnly = true
  declare domain?: string | undefined
  declare secure?: boolean | undefined
  declare sameSite?: boolean | string | undefined
  declare partitioned?: boolean | undefined
  declare priority?: string | undefined
  /** Applications and stores read it, but it is no attribute: `expires` is. */
  _expires: Date | null | false = null

  /** @throws `TypeError` if the options are no object */
  constructor(options?: object | null) {
    if (options == null) return
    if (typeof options !== 'object') throw new TypeError('argument options must be a object')
    const [own, given] = [this as Record<string, unknown>, options as Record<string, unknown>]
    for (const name of Object.keys(given)) {
      // Another cookie has `data`, and it cannot be set.
      if (name !== 'data' && name !== 'originalMaxAge') own[name] = given[name]
    }
    if (given['originalMaxAge'] != null) this.originalMaxAge = given['originalMaxAge'] as number
  }

  /** When the browser drops the cookie; `null` when it is closed. */
  get expires(): Date | null | false {
    return this._expires
  }

  set expires(date) {
    this._expires = date
    this.originalMaxAge = this.maxAge
  }

  /** How long the browser keeps the cookie, from now on; `null` until it is closed. @throws `TypeError` for other types */
  get maxAge(): number | null {
    const { _expires: expires } = this
    return expires instanceof Date ? expires.valueOf() - Date.now() : (expires as unknown as number | null)
  }

  set maxAge(ms: number | Date | null | undefined) {
    if (ms && typeof ms !== 'number' && !(ms instanceof Date)) throw new TypeError('maxAge must be a number or Date')
    this.expires = typeof ms === 'number' ? new Date(Date.now() + ms) : (ms as Date | null)
  }

  /** The attributes, as stores keep them. */
  get data(): CookieAttributes & { originalMaxAge: number | null } {
    const { originalMaxAge, partitioned, priority, _expires: expires, secure, httpOnly, domain, path, sameSite } = this
    return { originalMaxAge, partitioned, priority, expires, secure, httpOnly, domain, path, sameSite }
  }

  toJSON(): object {
    return this.data
  }

  /** Formats the `Set-Cookie` value. @throws `TypeError` if an attribute is invalid */
  serialize(name: string, value: string): string {
    return formatSetCookie(name, value, this.data)
  }
}
