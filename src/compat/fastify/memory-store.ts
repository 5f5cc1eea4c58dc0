import { EventEmitter } from 'node:events'
import { warnOnce } from '../../core/warn-once.ts'
import type { FoundCallback, StoreCallback } from '../shared/express-store.ts'
import { defaultUserOf, userIdOf, type UserOf } from '../shared/user-of.ts'

/** A store of @fastify/session in a map: it calls back at once. */
export interface MemoryStore extends EventEmitter {
  readonly store: Map<string, any>
  get(id: string, callback: FoundCallback): void
  set(id: string, session: object, callback: StoreCallback): void
  destroy(id: string, callback: StoreCallback): void
}

const maxSessions = 100_000

/** The option `userOf` of the plugin that uses a store. */
const userOfStores = new WeakMap<object, UserOf>()

/** Sets how a store finds the user of a session. Users must not make room for others. */
export const setUserOf = (store: object, userOf: UserOf): void => void userOfStores.set(store, userOf)

/**
 * Keeps at most 100,000 sessions in the memory of this process, for development and tests. If it is full, guests that were written
 * longest ago make room. It warns once in production, because a restart signs all users out. A function, because older stores call it without `new`.
 */
export const MemoryStore = function (
  this: EventEmitter & { store: Map<string, any> },
  store: Map<string, any> = new Map(),
): void {
  EventEmitter.call(this)
  this.store = store
  if (process.env['NODE_ENV'] === 'production')
    warnOnce(
      'sojourn: sessions are in the memory of this process, so a restart signs all users out. Pass a store: sqliteStore(…), redisStore(…) or postgresStore(…).',
    )
} as unknown as { new (store?: Map<string, any>): MemoryStore; prototype: MemoryStore }

Object.setPrototypeOf(MemoryStore, EventEmitter)
Object.setPrototypeOf(MemoryStore.prototype, EventEmitter.prototype)

Object.assign(MemoryStore.prototype, {
  get(this: MemoryStore, id, callback) {
    callback(null, this.store.get(id))
  },
  set(this: MemoryStore, id, session, callback) {
    const isFull = (): boolean => this.store.size >= maxSessions && !this.store.has(id)
    if (isFull()) removeExpired(this.store)
    if (isFull()) removeGuests(this.store, userOfStores.get(this) ?? defaultUserOf)
    if (isFull()) return callback(new Error(`MemoryStore is full: it holds ${maxSessions} sessions. Pass a store.`))
    // The map has those first that were written longest ago.
    this.store.delete(id)
    // A copy of the values, because the session refers to its request.
    this.store.set(id, { ...session })
    callback()
  },
  destroy(this: MemoryStore, id, callback) {
    this.store.delete(id)
    callback()
  },
} satisfies Pick<MemoryStore, 'get' | 'set' | 'destroy'>)

function removeExpired(store: Map<string, any>): void {
  const now = Date.now()
  for (const [id, { cookie }] of store)
    if (cookie?.expires && new Date(cookie.expires).valueOf() <= now) store.delete(id)
}

/** Removes one in a hundred sessions, so that visitors without an account cannot keep others out. */
function removeGuests(store: Map<string, any>, userOf: UserOf): void {
  let left = maxSessions / 100
  for (const [id, values] of store) {
    if (left === 0) return
    if (userIdOf(userOf, values) !== null) continue
    store.delete(id)
    left--
  }
}
