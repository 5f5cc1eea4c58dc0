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
  if (priority) parts.push(`Priority=${checkWord('priority', priority, ['low', 'medium', 'high'])}`)
  if (sameSite) {
    const word = sameSite === true ? 'strict' : sameSite
    parts.push(`SameSite=${checkWord('sameSite', word, ['lax', 'strict', 'none'])}`)
  }
  return parts.join('; ')
}

function formatDate(date: unknown): string {
  if (!(date instanceof Date) || Number.isNaN(date.valueOf())) throw new TypeError('option expires is invalid')
  return date.toUTCString()
}

/** A semicolon or a line break would start another attribute or header. */
function checkText(name: string, value: unknown): string {
  if (typeof value === 'string' && /^[\x20-\x3a\x3c-\x7e]*$/.test(value)) return value
  throw new TypeError(`option ${name} is invalid`)
}

function checkWord(name: string, value: unknown, words: readonly string[]): string {
  const word = typeof value === 'string' ? value.toLowerCase() : ''
  if (!words.includes(word)) throw new TypeError(`option ${name} is invalid`)
  return word[0]!.toUpperCase() + word.slice(1)
}
