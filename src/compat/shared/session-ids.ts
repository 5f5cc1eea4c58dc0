import type { Identity } from '../../core/token.ts'
import { sha256 } from '../../util/sha256.ts'

/** The identities that a store keeps for one id in a cookie. */
export interface SessionIdentities {
  /** Names a guest's session or, if a user has the id, the record that names the user. */
  readonly guest: Identity
  /** Names the session of a user. */
  readonly user: Identity
}

/**
 * Derives the identities of the session of a cookie. They are hashes, because the id in the cookie is the only credential: a
 * reader of the store must not be able to send it.
 *
 * @param library the library whose cookie it is
 */
export function identitiesOf(library: string, id: string): SessionIdentities {
  const derive = (name: string): string => sha256(JSON.stringify([`sojourn compat ${library} 1 ${name}`, id]))
  const secret = derive('secret')
  return { guest: { id: derive('id'), secret }, user: { id: derive('user session'), secret } }
}
