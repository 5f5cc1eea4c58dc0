import type { IncomingMessage } from 'node:http'
import type { Options } from './options.ts'
import { createSession, type Session } from './session.ts'
import type { Change, RequestCookies } from './wire.ts'

/** A request with a session. Express's own properties are optional, because other frameworks call the middleware too. */
export interface SessionRequest extends IncomingMessage {
  readonly protocol?: string
  session?: Session | null
  sessionOptions?: Options
}

/** The cookies of the request that a session belongs to. */
export const cookiesOf = new WeakMap<object, RequestCookies>()

/**
 * Defines `req.session`. The cookies are read when it is first used. The returned function returns how the request changed
 * its session.
 */
export function defineSession(request: SessionRequest, cookies: RequestCookies): () => Change {
  /** `undefined` until it is used, and `null` after it was removed. */
  let session: Session | null | undefined
  let isRegenerated = false

  function create(data: object, isNew: boolean): Session {
    const created = createSession(data, isNew, replace)
    cookiesOf.set(created, cookies)
    return created
  }

  function replace(): void {
    isRegenerated = true
    session = create({}, true)
  }

  function open(): Session {
    const data = cookies.read()
    return create(data ?? {}, data === null)
  }

  Object.defineProperty(request, 'session', {
    configurable: true,
    enumerable: true,
    get: () => (session === undefined ? (session = open()) : session),
    set(value: unknown) {
      if (value == null) session = null
      else if (typeof value === 'object') session = create(value, true)
      else throw new Error('req.session can only be set as null or an object.')
    },
  })

  return () => {
    if (session === undefined) return { type: 'none' }
    if (session === null) return { type: 'removed' }
    if ((!session.isNew || session.isPopulated) && session.isChanged)
      return { type: 'saved', data: session, isRegenerated }
    return isRegenerated ? { type: 'removed' } : { type: 'none' }
  }
}
