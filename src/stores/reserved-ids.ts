import type { Texts } from '../core/texts.ts'
import type { SessionKey, SessionRecord } from './store.ts'

/** The key of the record with which a store notes that sessions were moved to it. No session has a dot in its id. */
export const moveMarkerKey: SessionKey = { id: 'moved.here', userId: null }

export const isMoveMarker = ({ id, userId }: SessionKey): boolean => id === moveMarkerKey.id && userId === null

/** Creates a record of the library's own. No cookie opens it, because its hash is no SHA-256. */
export const systemRecord = (
  { id, userId }: SessionKey,
  createdAt: number,
  expiresAt: number,
  data: Texts = {},
): SessionRecord => ({
  id,
  secretHash: 'none',
  version: 1,
  userId,
  createdAt,
  signedInAt: null,
  lastSeenAt: createdAt,
  expiresAt,
  remember: false,
  label: null,
  idleTimeout: null,
  absoluteTimeout: null,
  methods: [],
  data,
})
