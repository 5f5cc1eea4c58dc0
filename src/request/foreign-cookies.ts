import type { CookieOptions } from '../cookies/cookie-options.ts'
import { attributeOf } from './set-cookie.ts'

/**
 * Returns a `Set-Cookie` for each cookie of another library that must be deleted. Cookies that one of ours replaces are left out.
 *
 * @param isSecure whether our cookies are `Secure`. Then the deletions are too.
 */
export function expireForeignCookies(
  ownCookies: readonly string[],
  foreignCookies: readonly CookieOptions[],
  isSecure: boolean,
): readonly string[] {
  const ownKeys = new Set(ownCookies.map(browserKeyOf))
  return [...new Set(foreignCookies.map((cookie) => serializeExpired(cookie, isSecure)))].filter(
    (cookie) => !ownKeys.has(browserKeyOf(cookie)),
  )
}

/** Returns name, domain and path: a browser replaces a cookie that has the same three (RFC 6265 section 5.3, step 11). */
function browserKeyOf(setCookie: string): string {
  const attribute = (name: string) => attributeOf(setCookie, name) ?? ''
  const name = setCookie.slice(0, setCookie.indexOf('='))
  return [name, attribute('Domain').toLowerCase().replace(/^\./, ''), attribute('Path')].join(';')
}

function serializeExpired(cookie: CookieOptions, isSecure: boolean): string {
  const { name = '', domain, path = '/', secure, sameSite, partitioned } = cookie
  const mustBeSecure = isSecure || secure || partitioned || sameSite === 'none' || name.startsWith('__')
  const attributes = [
    `; Path=${path}`,
    domain === undefined ? '' : `; Domain=${domain}`,
    mustBeSecure ? '; Secure' : '',
    '; HttpOnly',
    sameSite === undefined ? '' : `; SameSite=${sameSite[0]!.toUpperCase()}${sameSite.slice(1)}`,
    partitioned ? '; Partitioned' : '',
  ]
  return `${name}=; Max-Age=0${attributes.join('')}`
}
