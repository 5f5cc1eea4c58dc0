import type { ExpressStore } from './express-store.ts'

/** Whether only one process reads a store. Both memory stores, express-session's and `memorystore`, have this name. */
export const isLocal = (store: object): boolean => store.constructor.name === 'MemoryStore'

/**
 * Whether `touch` only sets when a session expires, as in connect-redis and connect-pg-simple. Other stores may read and then write, as
 * session-file-store does, and so bring back a session that another process ends meanwhile.
 */
export function touchesOnlyExpiry(store: ExpressStore): boolean {
  const { name } = store.constructor
  return name === 'PGStore' || (name === 'RedisStore' && 'disableTouch' in store)
}

/**
 * Returns a store that reads a mark at once. session-file-store repeats a read for a quarter of a second if there is no such file, and
 * few sessions have a mark.
 */
export function withoutRetries(store: ExpressStore): ExpressStore {
  const { options } = store as { options?: object }
  if (store.constructor.name !== 'FileStore' || typeof options !== 'object') return store
  return Object.create(store, { options: { value: { ...options, retries: 0 } } }) as ExpressStore
}

/** Whether an error says that there is no such file. session-file-store reports it for a session that does not exist. */
export const isMissing = (error: unknown): boolean =>
  (error as { code?: unknown } | null | undefined)?.code === 'ENOENT'
