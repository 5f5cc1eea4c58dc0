import { SojournError } from '../core/errors.ts'
import { capConfirmedAt, cookieMaxAge, type Lifetimes } from '../core/lifetime.ts'
import { kindOf, type Token } from '../core/token.ts'
import { createLruCache } from '../util/lru-cache.ts'
import { readCookieValues } from './cookie-header.ts'
import type { Cookie, Cookies } from './cookie-options.ts'
import type { CookieFormat, DecodeResult, FormatContext } from './format.ts'

/** One of the two cookies: for signed-in sessions, or for guest sessions. */
export type CookieKind = 'user' | 'guest'

/** Reads the two cookies from a `Cookie` header, and writes them as `Set-Cookie`. */
export interface CookieJar {
  /** Whether guests and users share one cookie. It is then handled as the user's. */
  readonly isShared: boolean
  /** Decodes each value of a cookie, in the order of the header. */
  read(kind: CookieKind, header: string, now: number): readonly DecodeResult[]
  /** Returns the `Set-Cookie` line that stores a token. @throws `ERR_COOKIE_TOO_BIG`; `ERR_SESSION_UNAVAILABLE` if the token holds changes that the store does not have */
  serialize(token: Token, now: number): string
  /** Returns the `Set-Cookie` line that deletes a cookie. It has the same attributes, because browsers identify the cookie by them. */
  serializeDeletion(kind: CookieKind): string
}

/** Browsers ignore a cookie if its name and value together are longer (RFC 6265bis section 5.7). */
export const maxCookieBytes = 4096

/** The size of each of the two generations of a token cache: about 13,000 small tokens. */
const maxCachedBytes = 16_000_000

const noResults: readonly DecodeResult[] = []

/** A cookie value, and the token that it decoded to. */
interface CachedToken {
  readonly value: string
  readonly decoded: DecodeResult
}

/**
 * Creates the jar. It caches decoded tokens, so that a visitor's later requests need no decryption.
 */
export function createCookieJar({
  format,
  cookies,
  lifetimes,
}: {
  readonly format: CookieFormat
  readonly cookies: Cookies
  readonly lifetimes: Lifetimes
}): CookieJar {
  const isShared = format.capabilities.singleCookie
  // One cache for each cookie, because a value that is valid in one cookie is forged in the other.
  const tokenCache = { user: createTokenCache(), guest: createTokenCache() }

  const contextOf = (kind: CookieKind, now: number): FormatContext => ({
    now,
    idleTimeout: lifetimes.idleTimeout,
    absoluteTimeout: lifetimes.absoluteTimeout,
    cookieName: cookies[kind].name,
  })

  function decode(kind: CookieKind, value: string, now: number): DecodeResult {
    const cached = tokenCache[kind].get(cacheKeyOf(value))
    if (cached?.value === value) return cached.decoded
    const opened = format.open(value, contextOf(kind, now))
    if (opened.outcome !== 'active') return opened
    // The value of one cookie was sent under the other's name.
    if (kindOf(opened.token) !== kind && !isShared) return { outcome: 'forged' }
    const token = capConfirmedAt(opened.token, now)
    const decoded = token === opened.token ? opened : { ...opened, token }
    if (decoded !== opened || wasOpened(value)) {
      // Copy the value, because a slice of the header would keep the whole header in memory.
      const copy = Buffer.from(value).toString('latin1')
      tokenCache[kind].set(cacheKeyOf(copy), { value: copy, decoded })
    }
    return decoded
  }

  return {
    isShared,
    read(kind, header, now) {
      // Some hosts show a cookie that was just deleted as an empty one.
      const sent = readCookieValues(header, cookies[kind].name)
      const values = sent.includes('') ? sent.filter((value) => value !== '') : sent
      if (values.length === 0) return noResults
      if (values.length === 1) return [decode(kind, values[0]!, now)]
      // Decode identical values once.
      return [...new Set(values)].map((value) => decode(kind, value, now))
    },

    serialize(token, now) {
      const kind = isShared ? 'user' : kindOf(token)
      // A format without identities has a single timestamp. Write the last use, so that a background request does not extend
      // the session.
      const sealedAt = token.identity === null ? Math.min(now, token.lastSeenAt + 1000) : now
      const value = format.seal(token, contextOf(kind, sealedAt))
      const { name, attributes }: Cookie = cookies[kind]
      const bytes = name.length + value.length
      // A copy of the store's data is optional, unless it has changes that the store does not have yet.
      const canDropData = token.confirmedAt !== null && token.data !== null && token.changed.length === 0
      if (bytes > maxCookieBytes && canDropData) return this.serialize({ ...token, data: null }, now)
      if (bytes > maxCookieBytes) throw tooBigError(bytes, token)
      const maxAgeSeconds = cookieMaxAge(token, lifetimes, now)
      return `${name}=${value}${maxAgeSeconds === null ? '' : `; Max-Age=${maxAgeSeconds}`}${attributes}`
    },

    serializeDeletion: (kind) => `${cookies[kind].name}=; Max-Age=0${cookies[kind].attributes}`,
  }
}

/** Each pair holds the last two fingerprints of its place, the later one first. All jars share it, because it takes 256 KB. */
const fingerprints = new Int32Array(1 << 16)

/**
 * Returns whether it was called with a value before. It forgets values if others need their place. Caching a token takes as long as
 * decrypting it, so only those are cached that come a second time. If two values have one fingerprint, the only harm is an entry that
 * is not needed yet.
 */
function wasOpened(value: string): boolean {
  let fingerprint = 0
  for (let at = value.length - 8; at < value.length; at++)
    fingerprint = (Math.imul(fingerprint, 31) + value.charCodeAt(at)) | 0
  const place = fingerprint & (fingerprints.length - 1) & ~1
  if (fingerprints[place] === fingerprint || fingerprints[place + 1] === fingerprint) return true
  fingerprints[place + 1] = fingerprints[place]!
  fingerprints[place] = fingerprint
  return false
}

const createTokenCache = () => createLruCache<CachedToken>(maxCachedBytes, bytesOf)

/** Estimates what an entry takes in memory. A compressed cookie of 300 bytes can hold 100 KB of data. */
function bytesOf({ value, decoded }: CachedToken): number {
  let bytes = 1000 + 2 * value.length
  const data = decoded.outcome === 'active' ? decoded.token.data : null
  for (const key in data) bytes += 100 + 2 * (key.length + data[key]!.length)
  return bytes
}

// Find tokens by their last characters, then compare them whole: a map hashes its entire key, which is slow for kilobytes.
const cacheKeyOf = (value: string): string => value.slice(-22)

function tooBigError(bytes: number, { data, changed }: Token): SojournError {
  const largest = Object.entries(data ?? {})
    .map(([key, text]) => ({ key, bytes: Buffer.byteLength(text) }))
    .toSorted((one, other) => other.bytes - one.bytes)
    .slice(0, 3)
    .map((entry) => `${JSON.stringify(entry.key.slice(0, 100))} ${formatCount(entry.bytes)} bytes`)
  return new SojournError(
    // The data is valid but too large for a copy. It can be saved once the store answers.
    changed.length > 0 ? 'ERR_SESSION_UNAVAILABLE' : 'ERR_COOKIE_TOO_BIG',
    `This session needs a cookie of ${formatCount(bytes)} bytes; browsers drop cookies over ${formatCount(maxCookieBytes)} bytes. ` +
      `Largest keys of session.data: ${largest.join(', ') || 'none'}. ` +
      'Store ids in the session, and the data itself in your database.',
  )
}

const formatCount = (count: number): string => count.toLocaleString('en')
