import type { SessionNotice } from '../store.ts'

/** Encodes a notice for publishing. The Redis script that ends a session writes the same text. */
export const encodeNotice = (notice: SessionNotice): string => JSON.stringify(notice)

/** Decodes a published notice; `null` if it is damaged. */
export function decodeNotice(text: string): SessionNotice | null {
  try {
    const { id, isGuest, ended, replacedHash, secretHash } = JSON.parse(text)
    if (typeof id !== 'string' || typeof isGuest !== 'boolean') return null
    if (ended === 'signed-out' || ended === 'revoked') return { id, isGuest, ended }
    if (typeof replacedHash !== 'string' || typeof secretHash !== 'string') return null
    return { id, isGuest, replacedHash, secretHash }
  } catch {
    return null
  }
}
