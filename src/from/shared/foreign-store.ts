import { optionsError } from '../../core/errors.ts'
import type { FoundSession, ReadRequest } from './create-reader.ts'

/**
 * A store of another application: one with callbacks, as express-session and @fastify/session take it, or one whose functions
 * have one parameter and return promises.
 */
export interface ForeignStore {
  /** Calls back with the record of a live session, or resolves to it: an object. With `null` or `undefined` if there is none, or it has expired. */
  get(id: string, callback: (error?: any, record?: any) => void): unknown
  /** Removes a record. Does nothing if there is none. */
  destroy(id: string, callback: (error?: any) => void): unknown
  /**
   * Only with promises: lets a record expire after so many seconds, if it would live longer. Called after its session was adopted.
   *
   * @default it lives as long as the other library decided
   */
  shorten?: ((id: string, seconds: number) => Promise<unknown>) | undefined
}

/** A {@link ForeignStore} with promises. */
export interface PromiseStore extends ForeignStore {
  /** Resolves to the record of a live session; to `null` or `undefined` if there is none, or it has expired. */
  get(id: string): Promise<object | null | undefined>
  /** Removes a record. Does nothing if there is none. */
  destroy(id: string): Promise<unknown>
}

/** The part of a store that ends sessions. */
export type EndingStore = Pick<PromiseStore, 'destroy' | 'shorten'>

/** The longest id that a store is asked for, in characters. Those of libraries have at most some hundred. */
const maxIdLength = 1024

/**
 * Whether to ask a store for an id that has no signature. Databases answer with an error to a control character or an id of absurd
 * length, and an error would look like an outage.
 */
export const isPlausibleId = (id: string): boolean => id.length <= maxIdLength && !/\p{Cc}/u.test(id) && id !== ''

/** Checks a store, and returns it with promises. @throws `ERR_OPTIONS` if it is neither of the two kinds */
export function toPromiseStore(caller: string, store: ForeignStore): PromiseStore {
  if (typeof store?.get !== 'function' || typeof store.destroy !== 'function')
    throw optionsError(`${caller} needs the option store, the application's own: an object with get and destroy.`)
  if (!takesCallbacks(store)) {
    const { get, destroy, shorten } = store as PromiseStore
    return {
      get: async (id) => get.call(store, id),
      destroy: async (id) => destroy.call(store, id),
      shorten: shorten && (async (id, seconds) => shorten.call(store, id, seconds)),
    }
  }
  return {
    get: (id) => callBack((callback) => store.get(id, callback)),
    destroy: (id) => callBack((callback) => store.destroy(id, callback)),
  }
}

/** Returns how a session ends in its store, and how it is made to end there after its adoption. */
export function createSettleSteps(
  store: EndingStore,
  id: string,
  { context: { idleTimeout, absoluteTimeout }, keepCookie }: ReadRequest,
): Pick<FoundSession<object>, 'end' | 'shorten'> {
  // Our store remembers an ended session for one absolute timeout. The record must be gone before that.
  const seconds = Math.max(1, Math.floor(Math.min(keepCookie ? Infinity : idleTimeout, absoluteTimeout)) - 60)
  return { end: () => store.destroy(id), shorten: store.shorten && (() => store.shorten!(id, seconds)) }
}

/** Stores of express-session have `createSession`. Other stores with callbacks have a second parameter. */
function takesCallbacks(store: ForeignStore): boolean {
  return typeof Reflect.get(store, 'createSession') === 'function' || store.get.length > 1
}

/** Waits for the callback. A store may also be an async function that rejects instead of calling back. */
async function callBack(call: (callback: (error?: any, answer?: any) => void) => unknown): Promise<object | null> {
  return new Promise((resolve, reject) => {
    const result = call((error, answer) => {
      // session-file-store reports a missing file as an error, and express-session treats it as no session.
      if (error && error.code !== 'ENOENT') reject(error as Error)
      else resolve((answer ?? null) as object | null)
    })
    Promise.resolve(result).catch(reject)
  })
}
