import { createHiddenValues } from '../../util/hidden-values.ts'
import { Cookie } from './cookie.ts'

export type Callback = (error?: any) => void

/** A request with a session. Express's own properties are optional, because other frameworks call the middleware too. */
export interface SessionRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly url?: string
  readonly originalUrl?: string
  readonly secure?: unknown
  readonly socket?: unknown
  readonly secret?: any
  readonly cookies?: Readonly<Record<string, any>>
  readonly signedCookies?: Readonly<Record<string, any>>
  session?: any
  sessionID?: any
  sessionStore?: any
}

/** The steps of the request that has a session. Without them, as with a store alone, a session calls its store. */
export interface SessionContext {
  save(session: Session, callback: Callback): void
  regenerate(callback: Callback): void
  /** Starts a session with a new id in the place of the present one. */
  replace(): void
  load(values: object): void
}

/** The contexts of requests. Two middlewares that see one request share it, because the second one does nothing. */
export const contextOf = createHiddenValues<SessionContext>()

/** The session of a request: `req.session`. Its methods are not enumerable, so that only the data is stored. */
export class Session {
  declare readonly req: SessionRequest
  declare readonly id: string
  declare cookie: Cookie;
  [key: string]: any

  /** @param cookie replaces the one in `values` */
  constructor(request: SessionRequest, values?: object | null, cookie?: Cookie) {
    defineHidden(this, 'req', request)
    defineHidden(this, 'id', request.sessionID)
    for (const key of Object.keys(values ?? {})) {
      if (!(key in this)) this[key] = key === 'cookie' && cookie !== undefined ? cookie : Reflect.get(values!, key)
    }
  }

  /** Starts the life of the cookie again. */
  touch(): this {
    return this.resetMaxAge()
  }

  resetMaxAge(): this {
    this.cookie.maxAge = this.cookie.originalMaxAge
    return this
  }

  /** Saves the session now. Without a call, it is saved when the response starts. */
  save(callback: Callback = () => {}): this {
    const context = contextOf.get(this.req)
    if (context === undefined) this.req.sessionStore.set(this.id, this, callback)
    else context.save(this, callback)
    return this
  }

  /** Reads the session again, and replaces `req.session`. Calls back with an error if it is over. */
  reload(callback: Callback = () => {}): this {
    const { req, id } = this
    req.sessionStore.get(id, (error: unknown, values: any) => {
      if (error) return callback(error)
      if (!values) return callback(new Error('failed to load session'))
      const context = contextOf.get(req)
      if (context === undefined) createSession(req, values)
      else context.load(values)
      callback()
    })
    return this
  }

  /** Ends the session, and removes `req.session`. */
  destroy(callback?: Callback): this {
    delete this.req.session
    this.req.sessionStore.destroy(this.id, callback)
    return this
  }

  /** Ends the session, and starts a new one with another id. */
  regenerate(callback: Callback = () => {}): this {
    const context = contextOf.get(this.req)
    if (context === undefined) this.req.sessionStore.regenerate(this.req, callback)
    else context.regenerate(callback)
    return this
  }
}

/** Creates the session of a request from the values that a store has. */
export function createSession(request: SessionRequest, values: any): Session {
  const expires: unknown = values.cookie.expires
  const originalMaxAge: number | null = values.cookie.originalMaxAge
  const cookie = new Cookie(values.cookie)
  // Stores that keep JSON have a text.
  if (typeof expires === 'string') cookie.expires = new Date(expires)
  cookie.originalMaxAge = originalMaxAge
  request.session = new Session(request, values, cookie)
  return request.session
}

/** Gives a session another id. */
export function changeId(session: Session, id: string): void {
  session.req.sessionID = id
  defineHidden(session, 'id', id)
}

/** The id and the data of a session as one text, to find out whether it has changed. The cookie does not count. */
export function textOf(session: Session): string {
  const { cookie: _, ...data } = session
  return `${session.id}\n${JSON.stringify(data)}`
}

function defineHidden(session: object, name: string, value: unknown): void {
  Object.defineProperty(session, name, { value, configurable: true, writable: name === 'req', enumerable: false })
}
