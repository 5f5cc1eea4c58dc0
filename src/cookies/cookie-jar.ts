import { SojournError } from '../core/errors.ts'
import { cookieMaxAge, type Lifetimes } from '../core/lifetime.ts'
import { kindOf, type Token } from '../core/token.ts'
import { createLruCache } from '../util/lru-cache.ts'
import { readCookieValues } from './cookie-header.ts'
import type { Cookie, Cookies } from './cookie-options.ts'
import type { CookieFormat, DecodeResult, FormatContext } from './format.ts'

/** Which of our two cookies: of signed-in sessions, or of guests'. */
export type CookieKind = 'user' | 'guest'

/** Our two cookies: out of a `Cookie` header, and into `Set-Cookie`. */
export interface CookieJar {
  /** Whether guests and users share one cookie. It is then read and cleared as the user's. */
  readonly isShared: boolean
  /** What each value of a cookie opens as, in the order that they came. */
  read(kind: CookieKind, header: string, now: number): DecodeResult[]
  /** A `Set-Cookie` that keeps a token, in the cookie of its kind. @throws `ERR_COOKIE_TOO_BIG` */
  serialize(token: Token, now: number): string
  /** A `Set-Cookie` that deletes a cookie; with the attributes it was set with, since a browser finds it by them. */
  expire(kind: CookieKind): string
}

/** Browsers ignore a cookie whose name and value have more bytes than this (RFC 6265bis section 5.7). */
export const maxCookieBytes = 4096

/** How many characters of tokens are remembered of each cookie, twice: some 15,000 small ones. */
const maxCachedChars = 4_000_000

/** A token that opened, and its text. */
interface CachedToken {
  readonly value: string
  readonly decoded: DecodeResult
}

/** Creates the jar. It remembers tokens that opened lately, so that the next request of a visitor costs a look-up. */
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
  // One for each cookie: a value that opens as one is forged as the other.
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
    const decoded = format.open(value, contextOf(kind, now))
    // Somebody gave one cookie the name that the other had.
    if (decoded.outcome === 'active' && kindOf(decoded.token) !== kind && !isShared) return { outcome: 'forged' }
    // A copy, since what is cut out of a header keeps the whole header in memory.
    if (decoded.outcome === 'active') cacheToken(kind, Buffer.from(value).toString('latin1'), decoded)
    return decoded
  }

  function cacheToken(kind: CookieKind, value: string, decoded: DecodeResult): void {
    tokenCache[kind].set(cacheKeyOf(value), { value, decoded })
  }

  return {
    isShared,
    read(kind, header, now) {
      const values = readCookieValues(header, cookies[kind].name)
      // One that came several times is looked up once.
      return (values.length < 2 ? values : [...new Set(values)]).map((value) => decode(kind, value, now))
    },

    serialize(token, now) {
      const kind = isShared ? 'user' : kindOf(token)
      // A value that has but one time is written with that of the last use: polling is none.
      const sealedAt = token.identity === null ? Math.min(now, token.lastSeenAt + 1000) : now
      const value = format.seal(token, contextOf(kind, sealedAt))
      const { name, attributes }: Cookie = cookies[kind]
      const bytes = name.length + value.length
      // What a store has as well may be left out, but for what the store does not have yet.
      const canDropData = token.confirmedAt !== null && token.data !== null && token.changed.length === 0
      if (bytes > maxCookieBytes && canDropData) return this.serialize({ ...token, data: null }, now)
      if (bytes > maxCookieBytes) throw tooBigError(bytes, token)
      const maxAgeSeconds = cookieMaxAge(token, lifetimes, now)
      return `${name}=${value}${maxAgeSeconds === null ? '' : `; Max-Age=${maxAgeSeconds}`}${attributes}`
    },

    expire: (kind) => `${cookies[kind].name}=; Max-Age=0${cookies[kind].attributes}`,
  }
}

const createTokenCache = () => createLruCache<CachedToken>(maxCachedChars, ({ value }) => value.length)

// Tokens are found by their end and then compared whole, since a map hashes all of its key: kilobytes would cost more than the rest.
const cacheKeyOf = (value: string): string => value.slice(-22)

function tooBigError(bytes: number, { data, changed }: Token): SojournError {
  const heaviest = Object.entries(data ?? {})
    .map(([key, text]) => ({ key, bytes: Buffer.byteLength(text) }))
    .toSorted((one, other) => other.bytes - one.bytes)
    .slice(0, 3)
    .map((entry) => `${JSON.stringify(entry.key.slice(0, 100))} ${formatCount(entry.bytes)} bytes`)
  return new SojournError(
    // What is too big for a copy is none the less good data: it waits for the store.
    changed.length > 0 ? 'ERR_SESSION_UNAVAILABLE' : 'ERR_COOKIE_TOO_BIG',
    `This session needs a cookie of ${formatCount(bytes)} bytes; browsers keep ${formatCount(maxCookieBytes)} and drop what is larger. ` +
      (heaviest.length > 0
        ? `Heaviest keys of session.data: ${heaviest.join(', ')}. `
        : 'The user id takes most of it. ') +
      "Keep ids in the session, and what they name in your database. What of a guest's comes along at a sign-in is its option carry.",
  )
}

const formatCount = (count: number): string => count.toLocaleString('en')
