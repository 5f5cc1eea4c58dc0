import { SojournError } from '../core/errors.ts'

/**
 * Attributes of the session cookies (RFC 6265 section 4.1, RFC 6265bis sections 4.1 and 5.7; ASVS 5.0, 3.3). What a
 * browser would refuse throws `ERR_COOKIE_OPTIONS` at creation.
 */
export interface CookieOptions {
  /**
   * The name of the cookie of signed-in sessions. The prefix `__Host-` keeps other hosts from setting it (RFC 6265bis
   * section 4.1.3.2; ASVS 5.0, 3.3.3).
   *
   * @default '__Host-session', or 'session' where `secure` is false or there is a `domain` or `path`
   */
  name?: string | undefined
  /**
   * The name of the cookie of sessions without a user: another, so that nothing a guest's request does can replace a
   * sign-in.
   *
   * @default 'guest' with the same prefix, or `name` and '-guest'
   */
  guestName?: string | undefined
  /**
   * The host that gets the cookie together with all below it, such as `example.com`.
   *
   * @default none: the cookie goes to the host that set it and no other
   */
  domain?: string | undefined
  /** Where on the host the cookie goes: to this path and what is below it. It protects nothing. @default '/' */
  path?: string | undefined
  /**
   * Whether the cookie goes over https alone (ASVS 5.0, 3.3.1).
   *
   * @default `true` where `NODE_ENV` is `production`; else `false`, since Safari keeps no Secure cookie of http://localhost
   */
  secure?: boolean | undefined
  /** Whether the cookie is hidden from the page's scripts (ASVS 5.0, 3.3.4). @default true */
  httpOnly?: boolean | undefined
  /**
   * Which requests from other sites bring the cookie (RFC 6265bis section 5.6.7; ASVS 5.0, 3.3.2): with `lax`, only links
   * that are followed; with `strict`, none; with `none`, all, which needs `secure`.
   *
   * @default 'lax'
   */
  sameSite?: 'strict' | 'lax' | 'none' | undefined
  /** Whether each top-level site that embeds this one has a jar of its own (CHIPS); needs `secure`. @default false */
  partitioned?: boolean | undefined
}

/** A cookie of ours: its name, and its attributes as they stand in `Set-Cookie`. */
export interface Cookie {
  readonly name: string
  readonly attributes: string
}

/** The two cookies: of signed-in sessions, and of guests'. */
export interface Cookies {
  readonly user: Cookie
  readonly guest: Cookie
}

const cookieOptionNames = ['name', 'guestName', 'domain', 'path', 'secure', 'httpOnly', 'sameSite', 'partitioned']

/** Reads the options of the two cookies. Options come before the format's defaults. @throws `ERR_COOKIE_OPTIONS` for cookies that no browser keeps */
export function readCookieOptions(
  options: CookieOptions,
  formatDefaults: CookieOptions,
  { singleCookie, isProduction }: { readonly singleCookie: boolean; readonly isProduction: boolean },
): Cookies {
  for (const [key, value] of Object.entries(options)) {
    if (value !== undefined && !cookieOptionNames.includes(key))
      throwCookieOptionsError(`cookie.${key} is not an option. There are ${cookieOptionNames.join(', ')}.`)
  }
  const { domain, path = '/', secure = isProduction, httpOnly = true, sameSite = 'lax', partitioned = false } = options
  for (const [key, value] of Object.entries({ secure, httpOnly, partitioned })) {
    if (typeof value !== 'boolean') throwCookieOptionsError(`cookie.${key} is true or false.`)
  }
  if (!['strict', 'lax', 'none'].includes(sameSite))
    throwCookieOptionsError(`cookie.sameSite is 'strict', 'lax' or 'none'.`)
  if (sameSite === 'none' && !secure)
    throwCookieOptionsError(`cookie.sameSite 'none' needs secure: browsers drop such a cookie without it.`)
  if (partitioned && !secure)
    throwCookieOptionsError('cookie.partitioned needs secure: browsers drop such a cookie without it.')
  if (domain !== undefined && !isHostName(domain)) {
    throwCookieOptionsError(
      `cookie.domain is a host name such as 'example.com', without scheme, port, or a dot in front.`,
    )
  }
  if (!/^\/[\x21-\x3a\x3c-\x7e]*$/.test(path) || path.length > 1024) {
    throwCookieOptionsError(`cookie.path begins with '/' and has no space, semicolon or control character.`)
  }

  const isHostOnly = secure && domain === undefined && path === '/'
  const name = options.name ?? formatDefaults.name ?? (isHostOnly ? '__Host-session' : 'session')
  const defaultGuestName = options.name === undefined ? (isHostOnly ? '__Host-guest' : 'guest') : `${name}-guest`
  const guestName = options.guestName ?? (singleCookie ? name : defaultGuestName)
  for (const each of [name, guestName]) checkName(each, { secure, isHostOnly, httpOnly })
  if (name === guestName && !singleCookie) {
    throwCookieOptionsError(
      `cookie.name and cookie.guestName are both '${name}'. Two names keep a guest's request from replacing a sign-in.`,
    )
  }
  if (name !== guestName && singleCookie)
    throwCookieOptionsError('This format has one cookie, for guests as well: leave out cookie.guestName.')

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

/** Whether a cookie may have this name (RFC 6265 section 4.1.1). */
export const isCookieName = (name: string): boolean => /^[\w!#$%&'*+.^\x60|~-]{1,256}$/.test(name)

// RFC 1034 section 3.5, as RFC 1123 section 2.1 relaxes it.
const isHostName = (name: unknown): boolean =>
  typeof name === 'string' &&
  name.length <= 253 &&
  name.split('.').every((label) => /^[a-z\d]([a-z\d-]{0,61}[a-z\d])?$/i.test(label))

// Browsers compare these prefixes without regard to case (RFC 6265bis section 5.7, steps 21 to 24).
function checkName(name: unknown, cookie: { secure: boolean; isHostOnly: boolean; httpOnly: boolean }): void {
  if (typeof name !== 'string' || !isCookieName(name)) {
    throwCookieOptionsError(
      `A cookie's name is a token (RFC 6265 section 4.1.1), without spaces; not ${JSON.stringify(name)}.`,
    )
  }
  if (/^__(secure|host|http|host-http)-/i.test(name) && !cookie.secure) {
    throwCookieOptionsError(
      `The cookie name ${name} needs secure: browsers drop it without. Use a name without that prefix in development.`,
    )
  }
  if (/^__host-/i.test(name) && !cookie.isHostOnly) {
    throwCookieOptionsError(`The cookie name ${name} allows no domain, and no path but '/': browsers drop it with one.`)
  }
  if (/^__(host-)?http-/i.test(name) && !cookie.httpOnly) {
    throwCookieOptionsError(`The cookie name ${name} needs httpOnly: browsers drop it without.`)
  }
}

function throwCookieOptionsError(message: string): never {
  throw new SojournError('ERR_COOKIE_OPTIONS', message)
}
