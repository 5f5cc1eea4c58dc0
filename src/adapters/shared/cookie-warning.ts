import { warnOnce } from '../../core/warn-once.ts'

/** How a request reached this server. */
export interface ConnectionInfo {
  readonly https: boolean
  header(name: string): string | null | undefined
}

/**
 * Checks a response that sets cookies. Warns once in a process if browsers would silently reject the cookie (`Secure` over
 * http), or if the cookie lacks `Secure` although the site uses https.
 */
export function warnOfLostCookies(cookies: readonly string[], connection: () => ConnectionInfo): void {
  const [cookie] = cookies
  if (cookie === undefined) return
  const text = findCookieWarning(cookie.includes('; Secure'), connection())
  if (text !== null) warnOnce(text)
}

function findCookieWarning(isSecure: boolean, { https, header }: ConnectionInfo): string | null {
  const proxyScheme = readProxyScheme(header)
  const scheme = proxyScheme ?? (https ? 'https' : 'http')
  if (scheme === 'https') return isSecure ? null : insecureCookieWarning
  if (!isSecure) return null
  const behindProxy = ['x-forwarded-for', 'forwarded', 'via'].some((name) => header(name) != null)
  return proxyScheme === null && behindProxy ? silentProxyWarning : plainHttpWarning
}

/** Returns the scheme that a proxy reports, in lower case; `null` if none does. */
function readProxyScheme(header: ConnectionInfo['header']): string | null {
  const text = header('x-forwarded-proto') ?? header('forwarded')?.match(/\bproto="?(\w+)/i)?.[1]
  return text?.match(/\bhttps?\b/i)?.[0].toLowerCase() ?? null
}

// The drop-ins for other libraries give the same warnings, and their options of the cookie are called the same.
const insecureCookieWarning =
  'sojourn: this request came over https, but the session cookie is not Secure. Browsers also send it over plain http. A browser that has a Secure cookie of the same name silently rejects ours. ' +
  "Set the cookie's option secure: true. For createSessions(), NODE_ENV=production is enough."

const plainHttpWarning =
  'sojourn: a Secure session cookie was sent over plain http. Browsers silently reject it, so users do not stay signed in; some browsers accept it on localhost. ' +
  "Serve the site over https. If a proxy does that, it must send X-Forwarded-Proto: https. For tests without https, set the cookie's option secure: false, or SESSION_COOKIE_SECURE=false if you use optionsFromEnv()."

const silentProxyWarning =
  'sojourn: a Secure session cookie was sent to a proxy that does not report whether browsers use https. If they use http, they silently reject the cookie, so users do not stay signed in. ' +
  'If they use https, the proxy must send X-Forwarded-Proto: https (in nginx: proxy_set_header X-Forwarded-Proto $scheme).'
