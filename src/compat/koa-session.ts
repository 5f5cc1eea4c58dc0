import type { SessionManagement } from './express/management.ts'
import { readSettings, type KoaSessionOptions, type Settings } from './koa/options.ts'
import { createRequestSession, type RequestSession } from './koa/request-session.ts'
import { contextOf } from './koa/session.ts'
import { notSparedError } from './shared/management-errors.ts'

export type { DropInOptions, KoaSessionOptions } from './koa/options.ts'
export type { KoaStore } from './koa/records.ts'
export type { Session } from './koa/session.ts'
export type { SessionManagement } from './express/management.ts'

/** The name that koa-session has for the options. */
export type CreateSessionOptions = KoaSessionOptions

/** The middleware, and the functions that manage a user's sessions. */
export type KoaSessionMiddleware = ((ctx: any, next: () => Promise<any>) => Promise<void>) & SessionManagement

/** A Koa application, as far as the middleware uses it. */
interface Application {
  readonly context: object
  use(...middleware: any[]): unknown
}

/** The property of Koa's contexts that has the request's session. An application has one, also with two middlewares. */
const requestSessionKey = Symbol('sojourn koa-session')
const requestSessions = new WeakMap<object, RequestSession>()

/**
 * Middleware with the options and the conduct of koa-session, and the guarantees of Sojourn: `app.use(session(app))` or
 * `app.use(session(options, app))`.
 *
 * @throws `TypeError` as koa-session does; `ERR_OPTIONS` for an invalid option of Sojourn
 */
export function createSession(options: KoaSessionOptions, app: any): KoaSessionMiddleware
export function createSession(app: any, options?: KoaSessionOptions): KoaSessionMiddleware
export function createSession(first: any, second?: any): KoaSessionMiddleware {
  const [app, options] = isApplication(first) ? [first, second ?? {}] : [second, first ?? {}]
  if (!isApplication(app)) throw new TypeError('app instance required: `session(opts, app)`')
  const settings = readSettings(options as KoaSessionOptions)
  extendContext(app.context, settings)

  async function session(ctx: any, next: () => Promise<any>): Promise<void> {
    const requestSession = ctx[requestSessionKey] as RequestSession
    await requestSession.open()
    let hasFailed = true
    try {
      await next()
      hasFailed = false
    } finally {
      if (settings.autoCommit) await requestSession.commit({ hasFailed })
    }
  }
  return Object.assign(session, manage(settings))
}

const isApplication = (value: any): value is Application => typeof value?.use === 'function'

function extendContext(context: object, settings: Settings): void {
  if (Object.hasOwn(context, requestSessionKey)) return
  Object.defineProperties(context, {
    [requestSessionKey]: {
      get(this: object) {
        let requestSession = requestSessions.get(this)
        if (requestSession === undefined)
          requestSessions.set(this, (requestSession = createRequestSession(settings, this)))
        return requestSession
      },
    },
    session: {
      configurable: true,
      get(this: any) {
        return (this[requestSessionKey] as RequestSession).get()
      },
      set(this: any, value: unknown) {
        ;(this[requestSessionKey] as RequestSession).set(value)
      },
    },
    sessionOptions: {
      get(this: any) {
        return (this[requestSessionKey] as RequestSession).options
      },
    },
  })
}

const listIdOf = (session: object): string | null => contextOf(session)?.listId ?? null

function manage({ management }: Settings): SessionManagement {
  const { list, revoke, revokeAll } = management
  return {
    list,
    revoke,
    async revokeAll(userId, { except } = {}) {
      const id = except === undefined ? undefined : listIdOf(except)
      if (id === null) throw notSparedError()
      return revokeAll(userId, id)
    },
    idOf: listIdOf,
  }
}

// In CommonJS, applications also use these two properties of the function.
Object.assign(createSession, { createSession, default: createSession })

export { createSession as 'module.exports' }
export default createSession
