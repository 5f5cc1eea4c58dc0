/** Attributes of a cookie, as express-session and its relatives take them. */
export interface CookieAttributes {
  readonly path?: string | undefined
  readonly domain?: string | undefined
  readonly expires?: unknown
  readonly httpOnly?: boolean | undefined
  readonly secure?: unknown
  readonly sameSite?: unknown
  readonly partitioned?: boolean | undefined
  readonly priority?: string | undefined
}

/** Formats a `Set-Cookie` value (RFC 6265). The value is percent-encoded. @throws `TypeError` if an attribute is invalid */
export function formatSetCookie(name: string, value: string, attributes: CookieAttributes): string {
  const { path, domain, expires, httpOnly, secure, sameSite, partitioned, priority } = attributes
  const parts = [`${name}=${encodeURIComponent(value)}`]
  if (domain) parts.push(`Domain=${checkText('domain', domain)}`)
  if (path) parts.push(`Path=${checkText('path', path)}`)
  if (expires) parts.push(`Expires=${formatDate(expires)}`)
  if (httpOnly) parts.push('HttpOnly')
  if (secure) parts.push('Secure')
  if (partitioned) parts.push('Partitioned')
  if (priority) parts.push(`Priority=${capitalize(checkPriority(priority))}`)
  if (sameSite) parts.push(`SameSite=${capitalize(checkSameSite(sameSite))}`)
  return parts.join('; ')
}

const capitalize = (word: string): string => word[0]!.toUpperCase() + word.slice(1)

/** Formats the instant of `expires`. @throws `TypeError` if it is none */
export function formatDate(date: unknown): string {
  if (!(date instanceof Date) || Number.isNaN(date.valueOf())) throw new TypeError('option expires is invalid')
  return date.toUTCString()
}

/** Checks a text: a semicolon or a line break would start another attribute or header. @throws `TypeError` */
export function checkText(name: string, value: unknown): string {
  if (typeof value === 'string' && /^[\x20-\x3a\x3c-\x7e]*$/.test(value)) return value
  throw new TypeError(`option ${name} is invalid`)
}

/** Returns a priority in small letters. @throws `TypeError` */
export const checkPriority = (value: unknown): string => checkWord('priority', value, ['low', 'medium', 'high'])

/** Returns the word of `sameSite` in small letters; `true` is strict. @throws `TypeError` */
export const checkSameSite = (value: unknown): string =>
  checkWord('sameSite', value === true ? 'strict' : value, ['lax', 'strict', 'none'])

function checkWord(name: string, value: unknown, words: readonly string[]): string {
  const word = typeof value === 'string' ? value.toLowerCase() : ''
  if (!words.includes(word)) throw new TypeError(`option ${name} is invalid`)
  return word
}
