import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestLifecycle } from '../../request/lifecycle.ts'
import { allowLateRead, type Session } from '../../session/session.ts'
import { beforeHeaders } from './before-headers.ts'
import { warnOfLostCookies } from './cookie-warning.ts'
import { connectionInfoOf, isUnsharedStart } from './node-headers.ts'

/** Makes a response commit the request's session before its first header leaves. */
export type CommitBeforeHeaders = (
  session: Session<any>,
  request: IncomingMessage,
  response: ServerResponse,
  /** Called if the commit of a complete response failed; must send another response. */
  onCommitError: (error: unknown) => void,
) => void

/** Creates the commit step of the adapters for Node's requests and responses. */
export function commitBeforeHeaders({ isSync, commit }: RequestLifecycle<any>): CommitBeforeHeaders {
  return function commitLater(session, request, response, onCommitError) {
    beforeHeaders(response, {
      isSync,
      commit(failed, head) {
        const result = commit(session, { failed })
        // Socket.IO, for example, calls the application after it has responded to the handshake.
        allowLateRead(session, () => isUnsharedStart(response, head))
        return result
      },
      onCommitError,
      onCookiesSent: (cookies) => warnOfLostCookies(cookies, () => connectionInfoOf(request)),
    })
  }
}
