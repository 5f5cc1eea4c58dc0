import { SojournError } from '../core/errors.ts'
import { maxAge, type Lifetimes } from '../core/lifetime.ts'
import { kindOf, type Token } from '../core/token.ts'
import { createRecent } from '../util/lru-cache.ts'
import { cookieValues } from './cookie-header.ts'
import type { Cookie, Cookies } from './cookie-options.ts'
import type { Context, CookieFormat, Opened } from './format.ts'

/** Which of our two cookies: of signed-in sessions, or of guests'. */
export type Kind = 'user' | 'guest'

/** Our two cookies: out of a `Cookie` header, and into `Set-Cookie`. */
export interface Jar {
  /** Whether guests and users share one cookie. It is then read and cleared as the user's. */
  readonly onlyOne: boolean
  /** What each value of a cookie opens as, in the order that they came. */
  read(kind: Kind, header: string, now: number): Opened[]
  /** A `Set-Cookie` that keeps a token, in the cookie of its kind. @throws `ERR_COOKIE_TOO_BIG` */
  keep(token: Token, now: number): string
  /** A `Set-Cookie` that deletes a cookie; with the attributes it was set with, since a browser finds it by them. */
  clear(kind: Kind): string
}

/** Browsers ignore a cookie whose name and value have more bytes than this (RFC 6265bis section 5.7). */
export const mostBytes = 4096

/** How many characters of tokens are remembered of each cookie, twice: some 15,000 small ones. */
const memoryBudget = 4_000_000

/** A token that opened, and its text. */
interface Known {
  readonly value: string
  readonly opened: Opened
}

/** Creates the jar. It remembers tokens that opened lately, so that the next request of a visitor costs a look-up. */
export function createJar(format: CookieFormat, cookies: Cookies, lifetimes: Lifetimes): Jar {
  const onlyOne = cookies.user.name === cookies.guest.name
  // One for each cookie: a value that opens as one is forged as the other.
  const memory = { user: createMemory(), guest: createMemory() }

  const contextOf = (kind: Kind, now: number): Context => ({
    now,
    idleTimeout: lifetimes.idleTimeout,
    absoluteTimeout: lifetimes.absoluteTimeout,
    cookieName: cookies[kind].name,
  })

  function open(kind: Kind, value: string, now: number): Opened {
    const known = memory[kind].get(endOf(value))
    if (known?.value === value) return known.opened
    const opened = format.open(value, contextOf(kind, now))
    // Somebody gave one cookie the name that the other had.
    if (opened.outcome === 'active' && kindOf(opened.token) !== kind && !onlyOne) return { outcome: 'forged' }
    // A copy, since what is cut out of a header keeps the whole header in memory.
    if (opened.outcome === 'active') remember(kind, Buffer.from(value).toString('latin1'), opened)
    return opened
  }

  function remember(kind: Kind, value: string, opened: Opened): void {
    memory[kind].set(endOf(value), { value, opened })
  }

  return {
    onlyOne,
    read(kind, header, now) {
      const values = cookieValues(header, cookies[kind].name)
      // One that came several times is looked up once.
      return (values.length < 2 ? values : [...new Set(values)]).map((value) => open(kind, value, now))
    },

    keep(token, now) {
      const kind = onlyOne ? 'user' : kindOf(token)
      // A value that has but one time is written with that of the last use: polling is none.
      const writtenAt = token.identity === null ? Math.min(now, token.lastSeenAt + 1000) : now
      const value = format.seal(token, contextOf(kind, writtenAt))
      const { name, attributes }: Cookie = cookies[kind]
      const bytes = name.length + value.length
      // What a store has as well may be left out, but for what the store does not have yet.
      const isSpare = token.confirmedAt !== null && token.data !== null && token.changed.length === 0
      if (bytes > mostBytes && isSpare) return this.keep({ ...token, data: null }, now)
      if (bytes > mostBytes) throw tooBig(bytes, token)
      const age = maxAge(token, lifetimes, now)
      return `${name}=${value}${age === null ? '' : `; Max-Age=${age}`}${attributes}`
    },

    clear: (kind) => `${cookies[kind].name}=; Max-Age=0${cookies[kind].attributes}`,
  }
}

const createMemory = () => createRecent<Known>(memoryBudget, ({ value }) => value.length)

// Tokens are found by their end and then compared whole, since a map hashes all of its key: kilobytes would cost more than the rest.
const endOf = (value: string): string => value.slice(-22)

function tooBig(bytes: number, { data, changed }: Token): SojournError {
  const heaviest = Object.entries(data ?? {})
    .map(([key, text]) => ({ key, bytes: Buffer.byteLength(text) }))
    .toSorted((one, other) => other.bytes - one.bytes)
    .slice(0, 3)
    .map((entry) => `${JSON.stringify(entry.key.slice(0, 100))} ${grouped(entry.bytes)} bytes`)
  return new SojournError(
    // What is too big for a copy is none the less good data: it waits for the store.
    changed.length > 0 ? 'ERR_SESSION_UNAVAILABLE' : 'ERR_COOKIE_TOO_BIG',
    `This session needs a cookie of ${grouped(bytes)} bytes; browsers keep ${grouped(mostBytes)} and drop what is larger. ` +
      (heaviest.length > 0
        ? `Heaviest keys of session.data: ${heaviest.join(', ')}. `
        : 'The user id takes most of it. ') +
      "Keep ids in the session, and what they name in your database. What of a guest's comes along at a sign-in is its option carry.",
  )
}

const grouped = (count: number): string => count.toLocaleString('en')
