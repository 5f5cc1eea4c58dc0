import type { ExpressStore } from './express-store.ts'

/** Whether only one process reads a store. Both memory stores, express-session's and `memorystore`, have this name. */
export const isLocal = (store: object): boolean => store.constructor.name === 'MemoryStore'

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
