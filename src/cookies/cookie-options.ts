import { SojournError } from '../core/errors.ts'
import { checkOptionNames } from '../core/check-options.ts'

/**
 * Names and attributes of the two session cookies (RFC 6265 section 4.1, RFC 6265bis sections 4.1 and 5.7; ASVS 5.0, 3.3).
 * `createSessions` throws `ERR_COOKIE_OPTIONS` for cookies that browsers would reject.
 */
export interface CookieOptions {
  /**
   * The name of the cookie of signed-in sessions. The prefix `__Host-Http-` prevents other hosts and the page's scripts from
   * setting it (draft-ietf-httpbis-layered-cookies). Browsers that do not know it treat it as `__Host-`, which prevents other
   * hosts only (RFC 6265bis section 4.1.3.2; ASVS 5.0, 3.3.3).
   *
   * @default '__Host-Http-session', or 'session' if `secure` is false or a `domain` or `path` is set
   */
  name?: string | undefined
  /**
   * The name of the cookie of guest sessions. It differs from `name`, so that a guest's request cannot replace a signed-in
   * session.
   *
   * @default 'guest' with the same prefix; or `name` and '-guest', if `name` is set
   */
  guestName?: string | undefined
  /**
   * The host that gets the cookie, with all its subdomains, such as `example.com`.
   *
   * @default undefined: only the host that set the cookie gets it
   */
  domain?: string | undefined
  /** The path that gets the cookie, with all paths below it. It is no protection. @default '/' */
  path?: string | undefined
  /**
   * Whether browsers send the cookie over https only (ASVS 5.0, 3.3.1).
   *
   * @default `true` if `NODE_ENV` is `production`; otherwise `false`, because Safari drops Secure cookies of http://localhost
   */
  secure?: boolean | undefined
  /** Whether the cookie is hidden from the page's scripts (ASVS 5.0, 3.3.4). `false` requires a name without `Http-`. @default true */
  httpOnly?: boolean | undefined
  /**
   * Which requests from other sites have the cookie (RFC 6265bis section 5.6.7; ASVS 5.0, 3.3.2). With `lax`, only links that
   * are followed; with `strict`, none; with `none`, all, which requires `secure`.
   *
   * @default 'lax'
   */
  sameSite?: 'strict' | 'lax' | 'none' | undefined
  /** Whether the cookie is separate for each top-level site that embeds this one (CHIPS). Requires `secure`. @default false */
  partitioned?: boolean | undefined
}

/** A cookie's name, and its attributes as text for `Set-Cookie`. */
export interface Cookie {
  readonly name: string
  readonly attributes: string
}

/** The two cookies: for signed-in sessions, and for guest sessions. */
export interface Cookies {
  readonly user: Cookie
  readonly guest: Cookie
}

const cookieOptionNames = ['name', 'guestName', 'domain', 'path', 'secure', 'httpOnly', 'sameSite', 'partitioned']

/**
 * Reads the options of the two cookies. The user's options take precedence over the format's defaults.
 *
 * @throws `ERR_COOKIE_OPTIONS` for cookies that browsers would reject
 */
export function readCookieOptions(
  options: CookieOptions,
  formatDefaults: CookieOptions,
  { singleCookie, isProduction }: { readonly singleCookie: boolean; readonly isProduction: boolean },
): Cookies {
  checkOptionNames('The option cookie', options, cookieOptionNames, cookieOptionsError)
  const { domain, path = '/', secure = isProduction, httpOnly = true, sameSite = 'lax', partitioned = false } = options
  checkAttributes({ domain, path, secure, httpOnly, sameSite, partitioned })

  const isHostOnly = secure && domain === undefined && path === '/'
  const prefix = isHostOnly ? '__Host-Http-' : ''
  const name = options.name ?? formatDefaults.name ?? `${prefix}session`
  const defaultGuestName = options.name === undefined ? `${prefix}guest` : `${name}-guest`
  const guestName = options.guestName ?? (singleCookie ? name : defaultGuestName)
  for (const each of [name, guestName]) checkName(each, { secure, isHostOnly, httpOnly })
  if (name === guestName && !singleCookie) {
    throw cookieOptionsError(
      `cookie.name and cookie.guestName are both '${name}'. They must differ, so that no guest replaces a signed-in session.`,
    )
  }
  if (name !== guestName && singleCookie)
    throw cookieOptionsError('This format uses one cookie for users and guests: remove cookie.guestName.')

  const attributes = [
    `; Path=${path}`,
    domain === undefined ? '' : `; Domain=${domain}`,
    secure ? '; Secure' : '',
    httpOnly ? '; HttpOnly' : '',
    `; SameSite=${sameSite[0]?.toUpperCase()}${sameSite.slice(1)}`,
    partitioned ? '; Partitioned' : '',
  ].join('')
  return { user: { name, attributes }, guest: { name: guestName, attributes } }
}

/** Whether a text is a valid cookie name (RFC 6265 section 4.1.1). */
export const isCookieName = (name: string): boolean => /^[\w!#$%&'*+.^\x60|~-]{1,256}$/.test(name)

type Attributes = Pick<CookieOptions, 'domain'> & {
  readonly [Name in 'path' | 'secure' | 'httpOnly' | 'sameSite' | 'partitioned']: NonNullable<CookieOptions[Name]>
}

function checkAttributes({ domain, path, secure, httpOnly, sameSite, partitioned }: Attributes): void {
  for (const [name, value] of Object.entries({ secure, httpOnly, partitioned })) {
    if (typeof value !== 'boolean') throw cookieOptionsError(`cookie.${name} must be true or false.`)
  }
  if (!['strict', 'lax', 'none'].includes(sameSite))
    throw cookieOptionsError(`cookie.sameSite must be 'strict', 'lax' or 'none'.`)
  if (sameSite === 'none' && !secure)
    throw cookieOptionsError(`cookie.sameSite 'none' requires secure: browsers drop such a cookie without it.`)
  if (partitioned && !secure)
    throw cookieOptionsError('cookie.partitioned requires secure: browsers drop such a cookie without it.')
  if (domain !== undefined && !isHostName(domain)) {
    throw cookieOptionsError(
      `cookie.domain must be a host name such as 'example.com', without scheme, port or leading dot.`,
    )
  }
  if (!/^\/[\x21-\x3a\x3c-\x7e]*$/.test(path) || path.length > 1024) {
    throw cookieOptionsError(`cookie.path must start with '/', without a space, semicolon or control character.`)
  }
}

// RFC 1034 section 3.5, as RFC 1123 section 2.1 relaxes it.
const isHostName = (name: unknown): boolean =>
  typeof name === 'string' &&
  name.length <= 253 &&
  name.split('.').every((label) => /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/i.test(label))

// Browsers compare these prefixes case-insensitively (RFC 6265bis section 5.7, steps 21 to 24).
function checkName(name: unknown, cookie: { secure: boolean; isHostOnly: boolean; httpOnly: boolean }): void {
  if (typeof name !== 'string' || !isCookieName(name)) {
    throw cookieOptionsError(
      `A cookie name must be a token (RFC 6265 section 4.1.1), without spaces; not ${JSON.stringify(name)}.`,
    )
  }
  if (/^__(secure|host|http|host-http)-/i.test(name) && !cookie.secure) {
    throw cookieOptionsError(
      `The cookie name ${name} requires secure: browsers drop it otherwise. In development, use a name without that prefix.`,
    )
  }
  if (/^__host-/i.test(name) && !cookie.isHostOnly) {
    throw cookieOptionsError(
      `The cookie name ${name} allows no domain, and no path except '/': browsers drop it otherwise.`,
    )
  }
  if (/^__(host-)?http-/i.test(name) && !cookie.httpOnly) {
    throw cookieOptionsError(
      `The cookie name ${name} requires httpOnly: browsers drop it otherwise. For scripts that read it, set cookie.name, such as '__Host-session'.`,
    )
  }
}

function cookieOptionsError(message: string): SojournError {
  return new SojournError('ERR_COOKIE_OPTIONS', message)
}
