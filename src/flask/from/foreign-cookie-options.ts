import { isCookieName, type CookieOptions } from '../../cookies/cookie-options.ts'
import type { ForeignSession, ForeignSessions } from '../../cookies/foreign.ts'
import { SojournError } from '../../core/errors.ts'

/** Where another library's cookie is. */
export interface ForeignCookieOptions {
  readonly cookieName?: string | undefined
  readonly cookieDomain?: string | undefined
  readonly cookiePath?: string | undefined
  readonly keepCookie?: boolean | undefined
}

/** How many cookies of one name are looked at: a browser has one of each path and domain, and a store is asked for each. */
export const maxCookies = 8

/** What a reader answers with of all that it found. */
export function combineSessions([first, ...others]: readonly ForeignSession[]): ForeignSession | null {
  return first === undefined ? null : { ...first, others }
}

/** The cookie that is to be deleted, and whether by a sign-out alone. @throws `ERR_OPTIONS` */
export function readForeignCookieOptions({
  cookieName,
  cookieDomain,
  cookiePath = '/',
  keepCookie = false,
}: ForeignCookieOptions): {
  cookie: CookieOptions & { name: string }
  stays: boolean
} {
  const name = cookieName ?? 'session'
  if (typeof name !== 'string' || !isCookieName(name))
    optionsError("cookieName is a cookie's name: SESSION_COOKIE_NAME.")
  if (cookieDomain !== undefined && !/^\.?[\w-]+(\.[\w-]+)*$/.test(cookieDomain))
    optionsError('cookieDomain is a host name, without scheme and port: SESSION_COOKIE_DOMAIN.')
  if (!/^\/[\x21-\x3a\x3c-\x7e]*$/.test(cookiePath)) optionsError("cookiePath begins with '/': SESSION_COOKIE_PATH.")
  if (typeof keepCookie !== 'boolean') optionsError('keepCookie is true or false.')
  const domain = cookieDomain?.replace(/^\./, '')
  return { cookie: { name, path: cookiePath, ...(domain !== undefined && { domain }) }, stays: keepCookie }
}

/** What its sessions are taken over into: cookies of ours, which know who was signed out, and beside theirs, if that stays. */
export function checkTarget(
  caller: string,
  { name }: { name: string },
  stays: boolean,
): NonNullable<ForeignSessions['fits']> {
  return ({ format, cookies }) => {
    if (!format.capabilities.hasIdentity || format.capabilities.idIsSecret)
      optionsError(
        `accept: [${caller}(…)] takes sessions over into Sojourn's own cookie, not into one of the format ${format.name}: leave out one of the two.`,
      )
    if (stays && [cookies.user.name, cookies.guest.name].includes(name))
      optionsError(
        `With keepCookie both cookies are in use, and both are named ${name}: createSessions({ cookie: { name: 'app' } }).`,
      )
  }
}

function optionsError(message: string): never {
  throw new SojournError('ERR_OPTIONS', message)
}
