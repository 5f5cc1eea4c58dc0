import { sha256 } from '../../util/sha256.ts'

/** How long a mark is kept, in milliseconds. A request that takes longer may bring a session back that another process has ended. */
export const markMs = 3_600_000

/**
 * Returns the key of the mark that a session has ended. It has a hash, because the id in a store's keys would be one more copy of a
 * credential.
 */
export const markOf = (sid: string): string => `ended.${sha256(sid)}`
