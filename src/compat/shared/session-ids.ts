import crypto from 'node:crypto'
import type { Identity } from '../../core/token.ts'
import { createLruCache } from '../../util/lru-cache.ts'
import { sha256 } from '../../util/sha256.ts'

/** The identities that a store keeps for one id in a cookie. */
export interface SessionIdentities {
  /** Names a guest's session or, if a user has the id, the record that names the user. */
  readonly guest: Identity
  /** Names the session of a user. */
  readonly user: Identity
}

/** How many ids are remembered at least. */
const maxKnown = 10_000
/** A longer id, as of a `genid` that makes such ones, is not remembered. */
const maxKnownLength = 100

/** Returns `identitiesOf` of a library's cookies. It remembers the last ids, because most come again. */
export function createIdentitiesOf(library: string): (id: string) => SessionIdentities {
  const known = createLruCache<SessionIdentities>(maxKnown)
  return (id) => {
    let identities = known.get(id)
    if (identities !== undefined) return identities
    identities = identitiesOf(library, id)
    if (id.length <= maxKnownLength) known.set(id, identities)
    return identities
  }
}

/**
 * Derives the identities of the session of a cookie. They are parts of a hash, because the id in the cookie is the only credential: a
 * reader of the store must not be able to send it. No part reveals another one, and each has at least 168 bits.
 *
 * @param library the library whose cookie it is
 */
export function identitiesOf(library: string, id: string): SessionIdentities {
  const hash = crypto.hash('sha512', JSON.stringify([`sojourn compat ${library} 1`, id]), 'base64url')
  const secret = hash.slice(56)
  const secretHash = sha256(secret)
  return {
    guest: { id: hash.slice(0, 28), secret, secretHash },
    user: { id: hash.slice(28, 56), secret, secretHash },
  }
}
