import { Cookie } from 'express-session'
import { promisify } from 'node:util'
import type { ExpressStore, TrackingStore } from '../../../../src/compat/shared/express-store.ts'

const hour = 3_600_000

let count = 0

/** Creates an id that no other test has. */
export const newId = (): string => `id${count++}`

/** Creates a session as the middleware does when a request has none. */
export function create(store: TrackingStore, values: object = {}): any {
  const cookie = new Cookie()
  cookie.maxAge = hour
  const session = { cookie, ...values }
  store.trackSession(session, null)
  return session
}

/** Loads a session as the middleware does; `null` if the store has none. */
export async function load(store: TrackingStore, sid: string): Promise<any> {
  const found = await read(store, sid)
  if (found === null) return null
  const { originalMaxAge, expires, ...settings } = found.cookie
  const cookie = Object.assign(new Cookie(), settings, { expires: new Date(expires) })
  cookie.originalMaxAge = originalMaxAge
  const session = { ...found, cookie }
  store.trackSession(session, found)
  return session
}

/** Reads what a store has of a session, without its own notes and the cookie. */
export async function valuesOf(store: ExpressStore, sid: string): Promise<object | null> {
  const found = await read(store, sid)
  if (found === null) return null
  const { cookie: _, __lastAccess: __, ...values } = found
  return values
}

export async function read(store: ExpressStore, sid: string): Promise<any> {
  return new Promise((resolve, reject) => {
    store.get(sid, (error: any, session) => {
      if (error && error.code !== 'ENOENT') reject(error)
      else resolve(error ? null : (session ?? null))
    })
  })
}

/** Calls a store, and waits until it has called back. */
export async function done(call: (callback: (error?: unknown) => void) => void): Promise<void> {
  return promisify(call)()
}

export const save = async (store: ExpressStore, sid: string, session: object): Promise<void> =>
  done((callback) => store.set(sid, session, callback))

export const touch = async (store: ExpressStore, sid: string, session: object): Promise<void> =>
  done((callback) => store.touch!(sid, session, callback))

export const end = async (store: ExpressStore, sid: string): Promise<void> =>
  done((callback) => store.destroy(sid, callback))
