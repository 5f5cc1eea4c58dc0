import { EventEmitter } from 'node:events'
import type { LogicalTime } from '../../core/logical-time.ts'
import { createSession, type Callback, type Session, type SessionRequest } from './session.ts'

/** A store of express-session: its functions call back, and errors come first. */
export interface Store extends EventEmitter {
  /** @param isNow whether the store may call back before this returns, as the middleware can take it. The same for `set` and `touch` */
  get(id: string, callback: (error?: any, session?: any) => void, isNow?: boolean): void
  set(id: string, session: any, callback?: Callback, isNow?: boolean): void
  destroy(id: string, callback?: Callback): void
  touch?(id: string, session: any, callback?: Callback, isNow?: boolean): void
  all?(callback: (error?: any, sessions?: any) => void): void
  length?(callback: (error?: any, length?: any) => void): void
  clear?(callback?: Callback): void
  createSession(request: SessionRequest, values: object): Session
  regenerate(request: SessionRequest, callback: Callback): void
  load(id: string, callback: (error?: any, session?: any) => void): void
  /**
   * Reports what a session object was made from, before a handler can change it: the values that `get` returned, or `null` if it is
   * new, so that no other request knows its id. `opening` is when its request was opened.
   */
  trackSession?(session: object, found: object | null, opening?: LogicalTime): void
  /** Ends a session, and gets whether it was live until then. */
  endLive?(id: string, callback: (error?: any, wasLive?: boolean) => void): void
  /** Makes a new session for a request. The middleware sets it. */
  generate?(request: SessionRequest): void
}

/**
 * The class that stores of express-session inherit from. A function, because older stores call it without `new`: `Store.call(this)`.
 */
export const Store = function (this: EventEmitter): void {
  EventEmitter.call(this)
} as unknown as { new (): Store; (this: object): void; prototype: Store }

Object.setPrototypeOf(Store, EventEmitter)
Object.setPrototypeOf(Store.prototype, EventEmitter.prototype)

Store.prototype.createSession = createSession

Store.prototype.regenerate = function (request, callback) {
  this.destroy(request.sessionID, (error) => {
    this.generate?.(request)
    callback(error)
  })
}

Store.prototype.load = function (id, callback) {
  this.get(id, (error, values) => {
    if (error || !values) return callback(error)
    const request = { sessionID: id, sessionStore: this, headers: {} }
    callback(null, createSession(request, values))
  })
}
