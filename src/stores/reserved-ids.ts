import type { Texts } from '../core/texts.ts'
import type { SessionRecord } from './store.ts'

/** The id of the record with which a store notes that sessions were moved to it. */
export const moveMarkerId = 'moved.here'

/** The prefix of the ids of cutoff records: each notes when `revokeAll` ran for one user. */
export const cutoffPrefix = 'ended.'

export const isCutoffId = (id: string): boolean => id.startsWith(cutoffPrefix)

/**
 * Returns whether an id is that of one of the library's own records. No session has such an id, because ids of the sealed format
 * have no dot.
 */
export const isReservedId = (id: string): boolean => id === moveMarkerId || isCutoffId(id)

/** Creates a record that belongs to no user. No cookie opens it, because its hash is no SHA-256. */
export const systemRecord = (id: string, createdAt: number, expiresAt: number, data: Texts = {}): SessionRecord => ({
  id,
  secretHash: 'none',
  version: 1,
  userId: null,
  createdAt,
  signedInAt: null,
  lastSeenAt: createdAt,
  expiresAt,
  remember: false,
  label: null,
  data,
})
