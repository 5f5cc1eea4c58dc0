import { parseSetCookie, type SetCookie } from 'cookie-es'
import { Cookie, CookieJar } from 'tough-cookie'

/** A `Set-Cookie` line, as an independent parser reads it; the value as it is written there. */
export function readSetCookie(line: string): SetCookie {
  const parsed = parseSetCookie(line, { decode: false })
  if (parsed === undefined) throw new Error('No browser would keep this Set-Cookie.')
  return parsed as SetCookie
}

/** A response's cookies by name, each with its value; `''` for one that is deleted. */
export function cookiesOf(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    headers
      .getSetCookie()
      .map(readSetCookie)
      .map(({ name, value }) => [name, value ?? '']),
  )
}

/** The cookies of one browser for one host. */
export interface Browser {
  /** The `Cookie` header of its next request. */
  readonly cookie: string
  /** Keeps what a response sets, and forgets what it deletes. */
  receive(headers: Headers): void
  /** The value of a cookie that it holds. */
  get(name: string): string | undefined
  /** Holds a cookie from elsewhere, such as one that was copied. */
  put(name: string, value: string): void
  /** Is closed, and with it go the cookies that do not outlive it. */
  close(): void
}

const url = 'https://localhost/'

/**
 * A browser whose cookies are those of tough-cookie, which knows nothing of ours: it refuses a cookie that no browser would
 * keep, by RFC 6265bis. Time is `now`, which a test may stop.
 *
 * @param forgetful whether cookies expire
 */
export function browser({ now = Date.now, forgetful = true } = {}): Browser {
  const jar = new CookieJar(undefined, { prefixSecurity: 'strict' })
  const isExpired = (cookie: Cookie) => (cookie.expiryTime(new Date(now())) ?? Infinity) <= now()
  const stored = () => jar.getCookiesSync(url, { expire: false })
  const cookies = () => stored().filter((cookie) => !forgetful || !isExpired(cookie))
  const remove = ({ domain, path, key }: Cookie) => void jar.store.removeCookie(domain!, path!, key)
  return {
    get cookie() {
      return cookies()
        .map((cookie) => cookie.cookieString())
        .join('; ')
    },
    receive(headers) {
      for (const line of headers.getSetCookie()) {
        const cookie = Cookie.parse(line)
        if (cookie === undefined) throw new Error(`No browser would keep this Set-Cookie: ${line}`)
        cookie.creation = new Date(now())
        jar.setCookieSync(cookie, url)
        // A server deletes a cookie by setting one that has expired.
        if (isExpired(cookie)) remove(cookie)
      }
    },
    get: (name) => cookies().find(({ key }) => key === name)?.value,
    put: (name, value) => void jar.setCookieSync(`${name}=${value}; Path=/; Secure`, url),
    close: () =>
      stored()
        .filter((cookie) => !cookie.isPersistent())
        .forEach(remove),
  }
}
