import type { IncomingMessage, ServerResponse } from 'node:http'
import { commitBeforeHeaders } from '../adapters/shared/commit-before-headers.ts'
import { warnOnce } from '../core/warn-once.ts'
import type { CommitResult } from '../request/commit.ts'
import { SessionCommit } from './express/commit-session.ts'
import { Cookie } from './express/cookie.ts'
import { finishBeforeEnd } from './express/end-hook.ts'
import { findSession } from './express/find-session.ts'
import { createManagement } from './express/management.ts'
import { MemoryStore } from './express/memory-store.ts'
import { readSettings, type Options, type Settings } from './express/options.ts'
import { RequestSession } from './express/request-session.ts'
import { contextOf, Session, type SessionRequest } from './express/session.ts'
import { createReadIds } from './express/signed-cookies.ts'
import { Store } from './express/store.ts'
import { openingOf } from './express/stored-session-store.ts'

type Next = (error?: any) => void

/** Commits requests. The hooks of the response pass on the commit of the request in the place of a session. */
const committer = {
  isSync: false,
  commit: (commit: unknown): CommitResult | Promise<CommitResult> => (commit as SessionCommit).commit(),
}
const commitLater = commitBeforeHeaders(committer)

/** The middleware of express-session with Sojourn's guarantees. `types/express-session.d.ts` has its types. */
function session(options: Options = {}) {
  const settings = readSettings(options)
  const { store } = settings
  const readIds = createReadIds(settings.name, settings.secrets)
  let isConnected = true
  store.on?.('disconnect', () => (isConnected = false))
  store.on?.('connect', () => (isConnected = true))
  // Stores that inherit from express-session's `Store` call it in `regenerate`.
  store.generate = (request) => {
    const context = contextOf.get(request) ?? new RequestSession(settings, request, null, undefined, undefined)
    context.replace()
  }

  function middleware(request: SessionRequest, response: ServerResponse, next: Next): void {
    // Another library has set it, and then this one has no effect.
    if (request.session && !(request.session instanceof Session)) warnOnce(otherLibraryWarning)
    if (request.session || !isConnected || !isInPath(settings, request)) return next()
    const secrets = settings.secrets ?? (request.secret ? [request.secret].flat() : null)
    if (secrets === null) return next(new Error('secret option required for sessions'))
    const opening = openingOf(store)
    const ids = readIds(request, secrets)
    request.sessionStore = store
    request.sessionID = ids[0]

    findSession(store, ids, (error, id, values) => {
      if (error) return next(error)
      request.sessionID = id
      const context = new RequestSession(settings, request, response, id, opening)
      try {
        if (values === null) context.start()
        else context.open(values)
      } catch (thrown) {
        return next(thrown)
      }
      if (typeof response.end === 'function') {
        const commit = new SessionCommit(settings, context, secrets, response, next)
        finishBeforeEnd(commitLater(commit as never, request as IncomingMessage, response, next), commit)
      }
      next()
    })
  }

  return Object.assign(middleware, createManagement(store))
}

const otherLibraryWarning =
  'sojourn: sojourn/compat/express-session has no effect, because another middleware set req.session before it. Search for express-session in the code, and change every import.'

/** Whether browsers send the cookie to this path. */
function isInPath(settings: Settings, request: SessionRequest): boolean {
  const target = request.originalUrl ?? request.url ?? '/'
  const path = target.startsWith('/') ? target : /^(?:[a-z][a-z\d+.-]*:\/\/[^/?#]*)?([^?#]*)/i.exec(target)?.[1] || '/'
  return path.startsWith(settings.cookieOf(request).path || '/')
}

const callable = Object.assign(session, { Session, Cookie, Store, MemoryStore })

export { callable as default, callable as 'module.exports', Session, Cookie, Store, MemoryStore }
