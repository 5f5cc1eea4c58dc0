import { EventEmitter } from 'node:events'
import { warnOnce } from '../../core/warn-once.ts'
import type { FoundCallback, StoreCallback } from '../shared/express-store.ts'

/** A store of @fastify/session in a map: it calls back at once. */
export interface MemoryStore extends EventEmitter {
  readonly store: Map<string, any>
  get(id: string, callback: FoundCallback): void
  set(id: string, session: object, callback: StoreCallback): void
  destroy(id: string, callback: StoreCallback): void
}

const maxSessions = 100_000

/**
 * Keeps at most 100,000 sessions in the memory of this process, for development and tests. It warns once in production, because a
 * restart signs all users out. A function, because older stores call it without `new`.
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
    if (this.store.size >= maxSessions && !this.store.has(id)) removeExpired(this.store)
    if (this.store.size >= maxSessions && !this.store.has(id))
      return callback(new Error(`MemoryStore is full: it holds ${maxSessions} sessions. Pass a store.`))
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
