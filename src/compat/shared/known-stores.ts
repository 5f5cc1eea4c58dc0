import type { ExpressStore } from './express-store.ts'

/** Whether only one process reads a store. Both memory stores, express-session's and `memorystore`, have this name. */
export const isLocal = (store: object): boolean => store.constructor.name === 'MemoryStore'

/**
 * Whether `touch` only sets when a session expires, as in connect-redis and connect-pg-simple. Other stores may read and then write, as
 * session-file-store does, and so bring back a session that another process ends meanwhile.
 */
export function touchesOnlyExpiry(store: ExpressStore): boolean {
  return store.constructor.name === 'PGStore' || isConnectRedis(store)
}

const isConnectRedis = (store: ExpressStore): boolean =>
  store.constructor.name === 'RedisStore' && 'disableTouch' in store

/**
 * Writes a session only if the store still has it. Calls back with `false` if it has not, and with `undefined` if the store has written
 * without asking.
 */
export type Replace = (sid: string, session: object, callback: (error?: unknown, isWritten?: boolean) => void) => void

/**
 * Creates the conditional write of a store; `null` if it has none. connect-redis 9 and newer have one: their `set` runs with a client of
 * `redis` that adds XX to the command, so Redis itself refuses a session that has ended. Versions of `redis` differ in the option's name.
 */
export function createReplace(store: ExpressStore): Replace | null {
  const { client } = store as { client?: { evalSha?: unknown; set(...values: unknown[]): Promise<unknown> } }
  if (!isConnectRedis(store) || !client?.evalSha) return null
  return (sid, session, callback) => {
    let isWritten: boolean | undefined
    const replacing = Object.create(store)
    replacing.client = Object.create(client)
    replacing.client.set = async (key: string, text: string, options: object | undefined): Promise<void> => {
      // Not a spread: Node 20 takes a microsecond to add a property to a copy that a spread made.
      const conditional = Object.assign({}, options, { condition: 'XX', XX: true })
      isWritten = (await client.set(key, text, conditional)) !== null
    }
    replacing.set(sid, session, (error: unknown) => callback(error, isWritten))
  }
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
