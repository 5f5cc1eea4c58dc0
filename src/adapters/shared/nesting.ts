import { Session } from '../../session/session.ts'
import type { Sessions } from '../../sessions.ts'

const openSessions = new WeakMap<object, Map<Sessions<any>, Session<any>>>()

/**
 * Finds the session that an outer adapter opened for this request, so that a request opens and commits it once.
 *
 * @param request the object that stands for the request: a request, or Hono's context
 */
export function findOpenSession<Data extends object>(
  request: object,
  sessions: Sessions<Data>,
): Session<Data> | undefined {
  return openSessions.get(request)?.get(sessions)
}

/** Records the session that was opened for this request, for adapters further in. */
export function recordOpenSession<Data extends object>(
  request: object,
  sessions: Sessions<Data>,
  session: Session<Data>,
): void {
  const ofRequest = openSessions.get(request)
  if (ofRequest === undefined) openSessions.set(request, new Map([[sessions, session]]))
  else ofRequest.set(sessions, session)
}

/**
 * Returns the session that an inner adapter puts at the framework's usual place. A session that is there stays, because an
 * adapter with other sessions may have put it there. Another value was put there by mistake, and is replaced.
 */
export const keepSession = <Data extends object>(present: unknown, outerSession: Session<Data>): Session<Data> =>
  present instanceof Session ? present : outerSession
