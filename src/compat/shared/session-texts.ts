import { putText, textOf, type Texts } from '../../core/texts.ts'

/** How long a session lives after each use, as its cookie says. */
interface CookieLife {
  readonly originalMaxAge?: unknown
  readonly expires?: unknown
  readonly originalExpires?: unknown
}

/**
 * Converts a session's values to texts, one for each key, as `JSON.stringify` does. So a date becomes a text, and what JSON cannot
 * represent is left out.
 *
 * The cookie's text has no `expires` if it has a `maxAge`, because that follows from the last use. Otherwise each use would change it. The
 * same holds for `originalExpires`, which @fastify/session keeps beside it.
 */
export function textsOf(session: object): Texts {
  const texts: Record<string, string> = {}
  for (const key of Object.keys(session)) {
    const value: unknown = Reflect.get(session, key)
    const text = JSON.stringify(key === 'cookie' ? withoutExpiry(value) : value)
    if (text !== undefined) putText(texts, key, text)
  }
  return texts
}

/** Replaces the text of the cookie's settings by that of a session. Returns the same texts if it has not changed. */
export function withCookieText(texts: Texts, { cookie }: { readonly cookie?: unknown }): Texts {
  const text: string | undefined = JSON.stringify(withoutExpiry(cookie))
  return text === undefined || text === textOf(texts, 'cookie') ? texts : { ...texts, cookie: text }
}

/** The cookie's settings that were parsed last. Nearly all sessions have the same, and each request reads them several times. */
let lastCookie: { readonly text: string; readonly cookie: CookieLife | null } | null = null

/** Returns how long sessions with these texts live after their last use, in milliseconds; `null` if their cookie does not say that. */
export function lifeInTexts(texts: Texts, lastSeenAt: number): number | null {
  const text = textOf(texts, 'cookie')
  if (text === undefined) return null
  if (lastCookie?.text !== text) lastCookie = { text, cookie: JSON.parse(text) as CookieLife | null }
  return lifeOf(lastCookie.cookie) ?? lifeUntilExpiry(lastCookie.cookie, lastSeenAt)
}

function withoutExpiry(cookie: any): unknown {
  const plain: unknown = typeof cookie?.toJSON === 'function' ? cookie.toJSON() : cookie
  if (typeof plain !== 'object' || plain === null || lifeOf(plain) === null) return plain
  const { expires: _expires, originalExpires: _originalExpires, ...settings } = plain as CookieLife
  return settings
}

/** Converts texts to the values that express-session stores return. */
export function valuesOf(texts: Texts, lastSeenAt: number): Record<string, unknown> {
  const values: Record<string, any> = {}
  for (const key of Object.keys(texts)) putText(values, key, JSON.parse(texts[key]!))
  const life = lifeOf(values['cookie'])
  if (life !== null) values['cookie'].expires = new Date(lastSeenAt + life).toISOString()
  return values
}

/** Returns how long a session lives after each use, in milliseconds; `null` if its cookie ends with the browser. */
export function lifeOf(cookie: CookieLife | null | undefined): number | null {
  const life = cookie?.originalMaxAge
  // A date cannot represent more.
  return typeof life === 'number' && Math.abs(life) <= 8e15 - Date.now() ? life : null
}

/** Returns how long a session lives whose cookie has a fixed end, in milliseconds from its last use; `null` if it has none to come. */
function lifeUntilExpiry(cookie: CookieLife | null | undefined, lastSeenAt: number): number | null {
  const life = Date.parse(String(cookie?.expires)) - lastSeenAt
  return life > 0 ? life : null
}
