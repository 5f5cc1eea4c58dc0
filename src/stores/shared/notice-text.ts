import type { SessionNotice } from '../store.ts'

/** Encodes a notice for publishing. The Redis scripts that end sessions write the same text, with many `ids`. */
export const encodeNotice = (notice: SessionNotice): string => JSON.stringify(notice)

/** Decodes a published text: a notice, or several that differ only in their ids. Returns none if it is damaged. */
export function decodeNotices(text: string): readonly SessionNotice[] {
  try {
    const { id, ids = [id], isGuest, ended, replacedHash, secretHash } = JSON.parse(text)
    if (!Array.isArray(ids) || !ids.every(isString) || typeof isGuest !== 'boolean') return []
    if (isReason(ended)) return ids.map((id) => ({ id, isGuest, ended }))
    if (!isString(replacedHash) || !isString(secretHash)) return []
    return ids.map((id) => ({ id, isGuest, replacedHash, secretHash }))
  } catch {
    return []
  }
}

const isString = (value: unknown): value is string => typeof value === 'string'

const isReason = (value: unknown) => value === 'signed-out' || value === 'revoked' || value === 'limit'
