import type { IncomingMessage, ServerResponse } from 'node:http'
import { SojournError } from '../../errors.ts'
import type { Requests } from '../../requests.ts'
import { onAccess, wasOpened, type Session } from '../../session.ts'
import { beforeHeaders } from './before-headers.ts'
import { createCookieWarning } from './lost-cookies.ts'
import { arrivalOf } from './node-headers.ts'

/** Commits a request's session before the first header of its response leaves. */
export type CommitBeforeHeaders = (
  session: Session<any>,
  request: IncomingMessage,
  response: ServerResponse,
  /** Is told that the commit of a complete answer failed, to give another in its place. */
  refused: (error: unknown) => void,
) => void

/** What adapters of Node's own requests and responses have in common. */
export function commitBeforeHeaders({ isAtOnce, commit }: Requests<any>): CommitBeforeHeaders {
  const warnOfLostCookies = createCookieWarning()

  return function commitLater(session, request, response, refused) {
    const hang = () =>
      beforeHeaders(response, {
        isAtOnce,
        commit: (failed) => commit(session, { failed }),
        refused,
        sent: (cookies) => warnOfLostCookies(cookies, () => arrivalOf(request)),
      })
    if (wasOpened(session)) return hang()
    // A visitor without a session costs their response nothing as long as nobody asks for one.
    onAccess(session, () => {
      if (response.headersSent) throw tooLate()
      hang()
    })
  }
}

function tooLate(): SojournError {
  return new SojournError(
    'ERR_COMMITTED',
    'The session was first read or changed after the response began: its headers have left. Do it before.',
  )
}
