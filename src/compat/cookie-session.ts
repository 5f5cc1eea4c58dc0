import type { ServerResponse } from 'node:http'
import { answerError } from '../adapters/shared/answer-error.ts'
import { commitBeforeHeaders } from '../adapters/shared/commit-before-headers.ts'
import type { CommitResult } from '../request/commit.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'
import { createRequestCommit } from './cookie/commit-request.ts'
import { createManagement } from './cookie/management.ts'
import { readSettings, type Options } from './cookie/options.ts'
import { defineSession, type SessionRequest } from './cookie/request-session.ts'
import type { RequestCookies } from './cookie/wire.ts'

type Next = (error?: any) => void

/** Commits requests. The hooks of the response pass on the commit of the request in the place of a session. */
const committer = {
  isSync: false,
  commit: (commit: unknown): MaybePromise<CommitResult> => (commit as () => MaybePromise<CommitResult>)(),
}
const commitLater = commitBeforeHeaders(committer)

/** The middleware of cookie-session with Sojourn's guarantees. `types/cookie-session.d.ts` documents it for callers. */
function cookieSession(options: Options = {}) {
  const settings = readSettings(options)
  const { overwrite, httpOnly, signed } = options
  const defaults = { overwrite: overwrite ?? true, httpOnly: httpOnly ?? true, signed: signed ?? true }
  const requestOptions = Object.assign(Object.create(options) as Options, defaults)

  function middleware(request: SessionRequest, response: ServerResponse, next: Next): void {
    // Handlers change the attributes of this request only.
    request.sessionOptions = Object.create(requestOptions) as Options

    function handle(cookies: RequestCookies): void {
      const findChange = defineSession(request, cookies)
      // Hosts of sockets pass an empty response.
      if (typeof response.end === 'function') {
        const commit = createRequestCommit(settings, request, response, cookies, findChange)
        commitLater(commit as never, request, response, next)
      }
      next()
    }

    const opened = settings.wire.open(request.headers.cookie ?? '')
    if (opened instanceof Promise) opened.then(handle, next).catch((error: unknown) => answerError(response, error))
    else handle(opened)
  }

  return Object.assign(middleware, createManagement(settings.sessions))
}

export { cookieSession as default, cookieSession as 'module.exports' }
