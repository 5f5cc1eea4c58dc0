import type { CookieOptions } from '../cookies/cookie-options.ts'

/**
 * What deletes cookies of other libraries, each a `Set-Cookie`: all but those in whose place there is one of ours.
 *
 * @param isSecure whether ours are: then what deletes theirs is, too
 */
export function deletionsBeside(
  ours: readonly string[],
  theirs: readonly CookieOptions[],
  isSecure: boolean,
): readonly string[] {
  const taken = new Set(ours.map(placeIn))
  return [...new Set(theirs.map((cookie) => deletion(cookie, isSecure)))].filter(
    (cookie) => !taken.has(placeIn(cookie)),
  )
}

/** What a browser knows a cookie by (RFC 6265 section 5.3, step 11). */
function placeIn(setCookie: string): string {
  const attribute = (name: string) => new RegExp(`; ${name}=([^;]*)`, 'i').exec(setCookie)?.[1] ?? ''
  const name = setCookie.slice(0, setCookie.indexOf('='))
  return [name, attribute('Domain').toLowerCase().replace(/^\./, ''), attribute('Path')].join(';')
}

function deletion(cookie: CookieOptions, isSecure: boolean): string {
  const { name = '', domain, path = '/', secure, sameSite, partitioned } = cookie
  const isToBeSecure = isSecure || secure || partitioned || sameSite === 'none' || name.startsWith('__')
  const attributes = [
    `; Path=${path}`,
    domain === undefined ? '' : `; Domain=${domain}`,
    isToBeSecure ? '; Secure' : '',
    '; HttpOnly',
    sameSite === undefined ? '' : `; SameSite=${sameSite[0]!.toUpperCase()}${sameSite.slice(1)}`,
    partitioned ? '; Partitioned' : '',
  ]
  return `${name}=; Max-Age=0${attributes.join('')}`
}
