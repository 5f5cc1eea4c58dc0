import { isCookieName, type CookieOptions } from '../../cookie.ts'
import { SojournError } from '../../errors.ts'

/** Where another library's cookie is. */
export interface TheirCookie {
  readonly cookieName?: string | undefined
  readonly cookieDomain?: string | undefined
  readonly cookiePath?: string | undefined
}

/** The cookie that is to be deleted. @throws `ERR_OPTIONS` */
export function theirCookie({
  cookieName,
  cookieDomain,
  cookiePath = '/',
}: TheirCookie): CookieOptions & { name: string } {
  const name = cookieName ?? 'session'
  if (typeof name !== 'string' || !isCookieName(name)) refuse("cookieName is a cookie's name: SESSION_COOKIE_NAME.")
  if (cookieDomain !== undefined && !/^\.?[\w-]+(\.[\w-]+)*$/.test(cookieDomain))
    refuse('cookieDomain is a host name, without scheme and port: SESSION_COOKIE_DOMAIN.')
  if (!/^\/[\x21-\x3a\x3c-\x7e]*$/.test(cookiePath)) refuse("cookiePath begins with '/': SESSION_COOKIE_PATH.")
  return { name, path: cookiePath, ...(cookieDomain !== undefined && { domain: cookieDomain.replace(/^\./, '') }) }
}

/** @throws `ERR_OPTIONS` for an option that there is not */
export function checkNames(taker: string, options: object, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null) refuse(`${taker} takes an object of options.`)
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) refuse(`${name} is not an option of ${taker}. There are ${names.join(', ')}.`)
  }
}

export function refuse(message: string): never {
  throw new SojournError('ERR_OPTIONS', message)
}
