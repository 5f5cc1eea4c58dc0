import type { Identity } from '../../core/token.ts'
import { sha256 } from '../../util/sha256.ts'

/**
 * Derives the identity of an adopted session from the secrets in another library's cookie. All requests with that cookie get
 * the same session, so it remains ended once it has ended. Neither half reveals the other half, or the cookie.
 */
export function deriveIdentity(library: string, ...secrets: readonly string[]): Identity {
  const deriveHalf = (name: string): string => sha256(JSON.stringify([`sojourn from ${library} 1 ${name}`, ...secrets]))
  // An id of 16 bytes, as of our own sessions, makes the sealed cookie shorter.
  return { id: `${deriveHalf('id').slice(0, 21)}A`, secret: deriveHalf('secret') }
}
