import { readCookieValues } from '../../cookies/cookie-header.ts'
import { createLruCache } from '../../util/lru-cache.ts'
import { decodeCookieValue } from '../shared/cookie-values.ts'
import { signValue, unsignValue, type SigningSecret } from '../shared/signature.ts'
import type { SessionRequest } from './session.ts'

/** How many cookies of one name are tried. A cookie of another path or of a parent domain must not hide ours. */
const maxCookies = 8
/** How many cookies with a valid signature are remembered at least. Longer ones are not. */
const maxVerified = 10_000
const maxVerifiedLength = 200

/** Returns the ids in the request's signed cookies, in the order of the header. */
export type ReadIds = (request: SessionRequest, secrets: readonly SigningSecret[]) => readonly string[]

/**
 * Creates the reader of the cookies of a name. It remembers values whose signature was valid, so that a visitor's later requests need no
 * HMAC. An attacker learns nothing from that: only whole values are found, by a hash that each process makes differently.
 *
 * @param fixedSecrets the secrets of all requests; `null` if each request has its own, as from the middleware cookie-parser
 */
export function createReadIds(name: string, fixedSecrets: readonly SigningSecret[] | null): ReadIds {
  const verified = createLruCache<string>(maxVerified)

  function readHeaderValue(value: string, secrets: readonly SigningSecret[]): string | null {
    if (secrets !== fixedSecrets || value.length > maxVerifiedLength) return readId(decodeCookieValue(value), secrets)
    const known = verified.get(value)
    if (known !== undefined) return known
    // Copy the value, because a slice of the header would keep the whole header in memory.
    const copy = Buffer.from(value).toString()
    const id = readId(decodeCookieValue(copy), secrets)
    if (id !== null) verified.set(copy, id)
    return id
  }

  return (request, secrets) => {
    const header = request.headers['cookie']
    const values = typeof header === 'string' ? readCookieValues(header, name) : []
    const ids = values.slice(0, maxCookies).map((value) => readHeaderValue(value, secrets))
    const found = ids.filter((id) => id !== null)
    if (found.length > 0) return found.length === 1 ? found : [...new Set(found)]
    // The middleware cookie-parser may have read it, with its own secret.
    const signed: unknown = request.signedCookies?.[name]
    if (typeof signed === 'string' && signed !== '') return [signed]
    const parsed: unknown = request.cookies?.[name]
    const id = typeof parsed === 'string' ? readId(parsed, secrets) : null
    return id === null ? [] : [id]
  }
}

/** Returns the value of a cookie with an id. */
export const signId = (id: string, secret: SigningSecret): string => `s:${signValue(id, secret)}`

function readId(value: string, secrets: readonly SigningSecret[]): string | null {
  return value.startsWith('s:') ? unsignValue(value.slice(2), secrets) || null : null
}
