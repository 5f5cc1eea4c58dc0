import { readCookieValues } from '../../cookies/cookie-header.ts'
import { parseJsonObject } from '../../from/shared/json-object.ts'
import { andThen } from '../../util/maybe-promise.ts'
import type { Keygrip } from './keys.ts'
import type { CookiePair } from './set-cookie.ts'
import type { Change, Wire } from './wire.ts'

/** How many cookies of one name are tried. A cookie of another path or of a parent domain must not hide ours. */
const maxCookies = 8

/** A session that was read from a cookie. */
interface FoundCookie {
  readonly data: object
  /** Whether the cookie must be written again: it was signed by an older key, or was sealed. */
  readonly isStale: boolean
}

/**
 * Keeps sessions in cookies as cookie-session writes them: the JSON as base64, and its signature in a second cookie.
 *
 * @param keygrip `null` if cookies are not signed
 * @param sealed reads sealed cookies, so that servers which write them may run beside this one
 */
export function createPeerWire(name: string, keygrip: Keygrip | null, sealed: Wire | null): Wire {
  const signatureName = `${name}.sig`

  function find(header: string): FoundCookie | null {
    const signatures = readCookieValues(header, signatureName).slice(0, maxCookies)
    for (const value of readCookieValues(header, name).slice(0, maxCookies)) {
      const key = keygrip === null ? 0 : findKey(keygrip, `${name}=${value}`, signatures)
      const data = key === -1 ? null : parseJsonObject(Buffer.from(value, 'base64').toString('utf8'))
      if (data !== null) return { data, isStale: key > 0 }
    }
    return null
  }

  function pairsOf(data: object): readonly CookiePair[] {
    const value = Buffer.from(JSON.stringify(data)).toString('base64')
    const pair: CookiePair = [name, value]
    return keygrip === null ? [pair] : [pair, [signatureName, keygrip.sign(`${name}=${value}`)]]
  }

  const deletion: readonly CookiePair[] = [[name, ''], ...(keygrip === null ? [] : [[signatureName, ''] as const])]

  return {
    open(header) {
      const own = find(header)
      if (own !== null || sealed === null) return createCookies(own)
      return andThen(sealed.open(header), (cookies) => {
        const data = cookies.read()
        return createCookies(data && { data, isStale: true })
      })
    },
  }

  function createCookies(found: FoundCookie | null) {
    return {
      read: () => found && found.data,
      commit(change: Change): readonly CookiePair[] {
        if (change.type === 'removed') return deletion
        if (change.type === 'saved') return pairsOf(change.data)
        return found?.isStale ? pairsOf(found.data) : []
      },
    }
  }
}

/** Returns the position of the key that made one of the signatures, or -1. */
function findKey(keygrip: Keygrip, signed: string, signatures: readonly string[]): number {
  for (const signature of signatures) {
    const key = keygrip.index(signed, signature)
    if (key !== -1) return key
  }
  return -1
}
