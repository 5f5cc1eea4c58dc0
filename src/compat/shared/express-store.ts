/** Called by a store that has done its work. The error is falsy if there is none. */
export type StoreCallback = (error?: unknown) => void

/** Called by a store that has read a session. The session is falsy if the store has none of that id. */
export type FoundCallback = (error?: unknown, session?: object | null) => void

/**
 * A session store as express-session defines it. connect-redis, connect-pg-simple, connect-mongo, session-file-store and
 * memorystore are such stores. A session is an object with a value for each key, and its cookie's settings at `cookie`.
 */
export interface ExpressStore {
  get(sid: string, callback: FoundCallback): void
  set(sid: string, session: object, callback?: StoreCallback): void
  destroy(sid: string, callback?: StoreCallback): void
  touch?(sid: string, session: object, callback?: StoreCallback): void
}

/**
 * A store that writes changes. It has to know what a session object was when it was read, so the middleware reports each
 * session object that it creates.
 */
export interface TrackingStore extends ExpressStore {
  /** @param isNow whether a middleware reads a session to open a request, and writes it to send the response */
  get(sid: string, callback: FoundCallback, isNow?: boolean): void
  set(sid: string, session: object, callback?: StoreCallback, isNow?: boolean): void
  /**
   * Reports where a session object came from, before any handler can change it.
   *
   * @param session the object that will be passed to `set` and `touch`
   * @param found the object that `get` returned and `session` was made from; `null` if the session is new, so that its id was
   * made in this request and is known to no one else
   */
  trackSession(session: object, found: object | null): void
}
