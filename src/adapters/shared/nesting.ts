import { Session } from '../../session/session.ts'
import type { Sessions } from '../../sessions.ts'
import type { ResponseState } from './response-state.ts'

/** The open sessions of a request. A list, because nearly all requests have one. */
interface OpenSession {
  readonly sessions: Sessions<any>
  readonly session: Session<any>
  readonly state: ResponseState | undefined
  readonly next: OpenSession | undefined
}

/** On the request itself. A `WeakMap` of all requests costs more than opening and committing a session that is not used. */
const openSessions = Symbol('sojourn')

type MarkedRequest = object & { [openSessions]?: OpenSession }

/**
 * Finds the session that an outer adapter opened for this request, so that a request opens and commits it once.
 *
 * @param request the object that stands for the request: a request, or Hono's context
 */
export function findOpenSession<Data extends object>(
  request: MarkedRequest,
  sessions: Sessions<Data>,
): Session<Data> | undefined {
  return findOpen(request, sessions)?.session
}

/** Finds the commit of the response, if the outer adapter recorded it. */
export function findResponseState(request: MarkedRequest, sessions: Sessions<any>): ResponseState | undefined {
  return findOpen(request, sessions)?.state
}

function findOpen(request: MarkedRequest, sessions: Sessions<any>): OpenSession | undefined {
  let open = request[openSessions]
  while (open !== undefined && open.sessions !== sessions) open = open.next
  return open
}

/** Records the session that was opened for this request, and the commit of its response, for adapters further in. */
export function recordOpenSession<Data extends object>(
  request: MarkedRequest,
  sessions: Sessions<Data>,
  session: Session<Data>,
  state?: ResponseState,
): void {
  request[openSessions] = { sessions, session, state, next: request[openSessions] }
}

/**
 * Returns the session that an inner adapter puts at the framework's usual place. A session that is there stays, because an
 * adapter with other sessions may have put it there. Another value was put there by mistake, and is replaced.
 */
export const keepSession = <Data extends object>(present: unknown, outerSession: Session<Data>): Session<Data> =>
  present instanceof Session ? present : outerSession
