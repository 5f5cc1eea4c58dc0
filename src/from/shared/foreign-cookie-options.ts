import { isCookieName, type CookieOptions } from '../../cookies/cookie-options.ts'
import type { ForeignSession, ForeignSessions } from '../../cookies/foreign.ts'
import { optionsError } from '../../core/errors.ts'

/** Options that describe another library's cookie. */
export interface ForeignCookieOptions {
  readonly cookieName?: string | undefined
  readonly cookieDomain?: string | undefined
  readonly cookiePath?: string | undefined
  readonly keepCookie?: boolean | undefined
}

/** How many cookies of one name are read: a browser sends one for each path and domain, and each may need a store read. */
export const maxCookies = 8

/** Returns the first session, with the others attached so that a sign-out ends them too. */
export function combineSessions([first, ...others]: readonly ForeignSession[]): ForeignSession | null {
  return first === undefined ? null : { ...first, others }
}

/** Returns the cookie to delete, and whether only a sign-out deletes it. @throws `ERR_OPTIONS` */
export function readForeignCookieOptions(
  { cookieName, cookieDomain, cookiePath = '/', keepCookie = false }: ForeignCookieOptions,
  defaultName: string,
): {
  cookie: CookieOptions & { name: string }
  keepCookie: boolean
} {
  const name = cookieName ?? defaultName
  // Some libraries have a colon in a name, which browsers accept: koa:sess.
  if (typeof name !== 'string' || !isCookieName(name.replaceAll(':', '.')))
    throw optionsError('cookieName must be the name of a cookie.')
  if (cookieDomain !== undefined && !/^\.?[\w-]+(\.[\w-]+)*$/.test(cookieDomain))
    throw optionsError('cookieDomain must be a host name, without scheme and port.')
  if (!/^\/[\x21-\x3a\x3c-\x7e]*$/.test(cookiePath)) throw optionsError("cookiePath must begin with '/'.")
  if (typeof keepCookie !== 'boolean') throw optionsError('keepCookie must be true or false.')
  const domain = cookieDomain?.replace(/^\./, '')
  return { cookie: { name, path: cookiePath, ...(domain !== undefined && { domain }) }, keepCookie }
}

/**
 * Checks the sessions' own cookie: its format must remember who was signed out and, with `keepCookie`, its name must differ.
 *
 * @throws `ERR_OPTIONS`
 */
export function checkTarget(
  caller: string,
  { format, cookies }: ForeignTarget,
  { name }: { name: string },
  keepCookie: boolean,
): void {
  if (!format.capabilities.hasIdentity || format.capabilities.idIsSecret)
    throw optionsError(
      `accept: [${caller}(…)] works with Sojourn's own cookie only, not with the format ${format.name}. Remove one of the two.`,
    )
  if (keepCookie && [cookies.user.name, cookies.guest.name].includes(name))
    throw optionsError(
      `With keepCookie both cookies remain in use, but both are named ${name}. Rename one: createSessions({ cookie: { name: 'app' } }).`,
    )
}

type ForeignTarget = Parameters<NonNullable<ForeignSessions['fits']>>[0]
