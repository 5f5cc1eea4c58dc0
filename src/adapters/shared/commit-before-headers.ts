import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestLifecycle } from '../../request/lifecycle.ts'
import type { Session } from '../../session/session.ts'
import { beforeHeaders } from './before-headers.ts'
import { createCookieWarning } from './cookie-warning.ts'
import { connectionInfoOf } from './node-headers.ts'

/** Commits a request's session before the first header of its response leaves. */
export type CommitBeforeHeaders = (
  session: Session<any>,
  request: IncomingMessage,
  response: ServerResponse,
  /** Is told that the commit of a complete answer failed, to give another in its place. */
  onCommitError: (error: unknown) => void,
) => void

/** What adapters of Node's own requests and responses have in common. */
export function commitBeforeHeaders({ isSync, commit }: RequestLifecycle<any>): CommitBeforeHeaders {
  const warnOfLostCookies = createCookieWarning()

  return function commitLater(session, request, response, onCommitError) {
    beforeHeaders(response, {
      isSync: isSync,
      commit: (failed) => commit(session, { failed }),
      onCommitError,
      onCookiesSent: (cookies) => warnOfLostCookies(cookies, () => connectionInfoOf(request)),
    })
  }
}
