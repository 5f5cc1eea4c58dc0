import type { CreateResult, Ending, RecordChange, SessionKey, SessionRecord } from '../../src/stores/store.ts'

export const day = 86_400_000

let made = 0

/** A new record, of a session that began just now. */
export function newRecord(fields: Partial<SessionRecord> = {}): SessionRecord {
  const now = Date.now()
  made++
  return {
    id: `session-${made}`,
    secretHash: `hash-${made}`,
    version: 1,
    userId: `user-${made}`,
    createdAt: now,
    signedInAt: now,
    lastSeenAt: now,
    expiresAt: now + day,
    remember: true,
    label: 'Firefox on Linux',
    idleTimeout: null,
    absoluteTimeout: null,
    methods: [],
    data: { cart: '["tea"]' },
    ...fields,
  }
}

/** A change of the data, by a request that comes now. */
export function changeOf(fields: Partial<RecordChange> = {}): RecordChange {
  const now = Date.now()
  return { set: { cart: '[]' }, unset: [], lastSeenAt: now, expiresAt: now + day, ...fields }
}

/** A key that no store has. */
export const nobody: SessionKey = { id: 'nobody', userId: null }

/** The results of a `create`. */
export const created: CreateResult = { result: 'created', ended: [] }
export const taken: CreateResult = { result: 'taken', ended: [] }

export const revoked = (): Ending => ({ ended: 'revoked', endedAt: Date.now(), expiresAt: Date.now() + day })

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })
