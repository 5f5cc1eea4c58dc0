import { isEnding, type SessionStore, type StoreEntry } from '../../stores/store.ts'
import { memoryStore } from '../../stores/memory.ts'
import { valuesOf, lifeOf } from '../shared/session-texts.ts'
import { createStoredSessions, type StoredSessions } from '../shared/stored-sessions.ts'
import { defaultUserOf } from '../shared/user-of.ts'
import { evictingStore } from './evicting-store.ts'
import { Store } from './store.ts'
import { addStoreFunctions, settle, type StoredSessionStore } from './stored-session-store.ts'

/** Settings of a store's sessions that the middleware knows. */
export type StoredOptions = Omit<Parameters<typeof createStoredSessions>[0], 'library' | 'store'>

/** How to make the sessions of a store, which may be made before the middleware. */
const openers = new WeakMap<object, (options: StoredOptions) => void>()

const defaultOptions: StoredOptions = { userOf: defaultUserOf, ttl: 86_400, touchAfter: 0 }

/** Makes a store of Sojourn's one of express-session's. */
export function toExpressStore(store: SessionStore, options: StoredOptions): StoredSessionStore {
  const expressStore = new Store() as StoredSessionStore
  const sessions = createStoredSessions({ ...options, library: 'express-session', store })
  addStoreFunctions(expressStore, () => sessions)
  openers.set(expressStore, () => {})
  return expressStore
}

/** Whether a store is one on top of Sojourn's. */
export const isStored = (store: object): store is StoredSessionStore => openers.has(store)

/** Gives a store the settings of its middleware, before its first use. */
export const configureStored = (store: object, options: StoredOptions): void => openers.get(store)?.(options)

/**
 * Keeps at most 100,000 sessions in the memory of this process, for development and tests. If it is full, guests that were used longest
 * ago make room. It warns once in production, because a restart signs all users out.
 */
export const MemoryStore = function (this: StoredSessionStore): void {
  Store.call(this)
  let options = defaultOptions
  const createStore = (): SessionStore => evictingStore(memoryStore(), () => options.userOf)
  let store = createStore()
  let sessions: StoredSessions | null = null
  const open = (): StoredSessions =>
    (sessions ??= createStoredSessions({ ...options, library: 'express-session', store }))

  openers.set(this, (given) => {
    options = given
    sessions = null
  })
  addStoreFunctions(this, open)
  this.all = (callback) => settle(() => listAll(store), callback)
  this.length = (callback) => this.all!((error, all) => callback(error, all && Object.keys(all).length))
  this.clear = (callback) => {
    store = createStore()
    sessions = null
    if (callback) setImmediate(callback)
  }
} as unknown as { new (): StoredSessionStore }

Object.setPrototypeOf(MemoryStore, Store)
Object.setPrototypeOf(MemoryStore.prototype, Store.prototype)

/** Returns all live sessions by their ids in the store. The ids of their cookies are not stored. */
async function listAll(store: SessionStore): Promise<Record<string, object>> {
  const all: Record<string, object> = {}
  for await (const entry of store.all!() as AsyncIterable<StoreEntry>) {
    if (!('key' in entry) || isEnding(entry.found) || entry.found.data['cookie'] === undefined) continue
    const { data, lastSeenAt, expiresAt } = entry.found
    const values = valuesOf(data, lastSeenAt)
    const life = lifeOf(values['cookie'] as object)
    if ((life === null ? expiresAt : lastSeenAt + life) > Date.now()) all[entry.key.id] = values
  }
  return all
}
