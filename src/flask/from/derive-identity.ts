import type { Identity } from '../../core/token.ts'
import { sha256 } from '../../util/sha256.ts'

/**
 * The identity of a session that is taken over, made of what is secret in another library's cookie: the same for all requests
 * that bring it, so that they are one session, which stays ended when it has ended. Neither half tells the other, nor that.
 */
export function deriveIdentity(library: string, ...secrets: readonly string[]): Identity {
  const deriveHalf = (name: string): string => sha256(JSON.stringify([`sojourn from ${library} 1 ${name}`, ...secrets]))
  return { id: deriveHalf('id'), secret: deriveHalf('secret') }
}
