/** How a request arrived, as far as this server sees it. */
export interface ConnectionInfo {
  readonly https: boolean
  header(name: string): string | null | undefined
}

/**
 * Makes what says once, on the console, that browsers drop the cookies of a response, which they do without a word; or that
 * https is there and the cookies make no use of it.
 */
export function createCookieWarning(): (cookies: readonly string[], connection: () => ConnectionInfo) => void {
  let isWarned = false
  return function warnOfLostCookies(cookies, connection) {
    const [cookie] = cookies
    if (isWarned || cookie === undefined) return
    const text = findCookieWarning(cookie.includes('; Secure'), connection())
    if (text === null) return
    isWarned = true
    console.warn(text)
  }
}

function findCookieWarning(isSecure: boolean, { https, header }: ConnectionInfo): string | null {
  const proxyScheme = /\bhttps?\b/i.exec(
    header('x-forwarded-proto') ?? /\bproto="?(\w+)/i.exec(header('forwarded') ?? '')?.[1] ?? '',
  )
  const scheme = proxyScheme === null ? (https ? 'https' : 'http') : proxyScheme[0].toLowerCase()
  if (scheme === 'https') return isSecure ? null : insecureCookieWarning
  if (!isSecure) return null
  const behindProxy = ['x-forwarded-for', 'forwarded', 'via'].some((name) => header(name) != null)
  return proxyScheme === null && behindProxy ? silentProxyWarning : plainHttpWarning
}

const insecureCookieWarning =
  "sojourn: this request came by https, but the session's cookie is not Secure. Browsers will send it by plain http as well, and one that still has a Secure cookie of that name drops ours without a word. " +
  'Set NODE_ENV=production, or createSessions({ cookie: { secure: true } }).'

const plainHttpWarning =
  'sojourn: a Secure session cookie was sent over plain http. Browsers drop it without a word, so that nobody stays signed in; some make an exception for localhost. ' +
  'Serve the site by https; if a proxy in front does, let it say so: X-Forwarded-Proto: https. To try it out without, set createSessions({ cookie: { secure: false } }), or SESSION_COOKIE_SECURE=false where the options come from the environment.'

const silentProxyWarning =
  'sojourn: a Secure session cookie was sent to a proxy that does not say whether browsers reach it by https. If they do not, they drop the cookie without a word, so that nobody stays signed in. ' +
  'If they do, let the proxy say so: X-Forwarded-Proto: https (in nginx: proxy_set_header X-Forwarded-Proto $scheme).'
