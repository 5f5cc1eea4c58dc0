import type { StoreCallback } from './express-store.ts'

/** A session as it was when it was read or written, so that changes can be found later. */
export interface Original {
  /** The values as JSON. One text, because most sessions need not be merged. */
  readonly values: string
  /** The cookie's settings, without the time of expiry, because each use moves that. */
  readonly cookie: string
}

/**
 * Reads what a session is now. Values that JSON does not have, such as functions, do not count: stores leave them out.
 *
 * @throws a `TypeError` if a value has no JSON, because it contains itself or a BigInt
 */
function readOriginal(session: object): Original {
  const { cookie: _, ...values } = session as { cookie?: unknown }
  return { values: JSON.stringify(values), cookie: settingsOf(cookieOf(session)) }
}

/** Returns the JSON of each value. A map, because `__proto__` may be a key. */
const textsOf = ({ values }: Original): ReadonlyMap<string, string> =>
  new Map(Object.entries(JSON.parse(values) as object).map(([key, value]) => [key, JSON.stringify(value)]))

/** Reads what a session is now; `undefined` if it has no JSON, and then `onError` gets the error. */
export function tryToRead(session: object, onError: StoreCallback): Original | undefined {
  try {
    return readOriginal(session)
  } catch (error) {
    onError(error)
    return undefined
  }
}

/** A session of a request, and what the store has now. */
interface Change {
  readonly session: object
  readonly mine: Original
  readonly original: Original
  readonly stored: object
}

/** Puts the keys that a request changed into what the store has now. Keys that another request removed remain removed. */
export function mergeSession({ session, mine, original, stored }: Change): object {
  // An assignment to the key `__proto__` would set the prototype.
  const merged = new Map<string, unknown>(Object.entries(stored))
  const [texts, originalTexts] = [textsOf(mine), textsOf(original)]
  for (const key of new Set([...texts.keys(), ...originalTexts.keys()])) {
    if (texts.get(key) === originalTexts.get(key)) continue
    if (texts.has(key)) merged.set(key, Reflect.get(session, key))
    else merged.delete(key)
  }
  const cookie = cookieOf(stored)
  const isChangedThere = mine.cookie === original.cookie && settingsOf(cookie) !== original.cookie
  merged.set('cookie', isChangedThere ? toCookie(cookie) : cookieOf(session))
  return Object.fromEntries(merged)
}

interface Cookie {
  readonly originalMaxAge?: number | null
  readonly expires?: Date | string | null
}

const settings = ['path', 'domain', 'httpOnly', 'secure', 'sameSite', 'priority', 'partitioned'] as const

const cookieOf = (session: object): Cookie => (session as { cookie?: Cookie }).cookie ?? {}

function settingsOf(cookie: Cookie): string {
  const { originalMaxAge } = cookie
  // In seconds, because a touch may be off by a millisecond.
  const seconds = typeof originalMaxAge === 'number' ? Math.round(originalMaxAge / 1000) : null
  return JSON.stringify([seconds, ...settings.map((name) => Reflect.get(cookie, name) ?? null)])
}

/** Makes a cookie that stores can read of one that was read from a store. Stores read `expires`, `maxAge` or `originalMaxAge`. */
function toCookie(stored: Cookie): object {
  const expires = stored.expires == null ? null : new Date(stored.expires)
  const cookie = { ...stored, expires }
  // Not enumerable, because a stored `maxAge` would count as a setting when it is read again.
  const maxAge = expires === null ? null : expires.valueOf() - Date.now()
  return Object.defineProperty(cookie, 'maxAge', { value: maxAge })
}
