import type { Texts } from '../core/texts.ts'
import type { SessionRecord } from './store.ts'

/** The id of the record by which a store says that sessions were moved there. */
export const moveMarkerId = 'moved.here'

/** What the id of each note begins with, of when all sessions of a user were ended. */
export const cutoffPrefix = 'ended.'

export const isCutoffId = (id: string): boolean => id.startsWith(cutoffPrefix)

/** Whether an id is that of a record of the library's own. No session has one: a dot is in none that the sealed token's format mints. */
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
