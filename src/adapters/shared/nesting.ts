import { Session, stateOf } from '../../session/session.ts'
import type { Sessions } from '../../sessions.ts'

/** Whether these sessions are mounted in front already, so that the request has its session of them. */
export function isAlreadyOpen(outerSession: unknown, sessions: Sessions<any>): boolean {
  let nesting = nestingOf(outerSession)
  while (nesting !== null && nesting.sessions !== sessions) nesting = nesting.outer
  return nesting !== null
}

/** Notes that a request has its session of these sessions, in place of what it had. */
export function recordNesting(session: Session<any>, sessions: Sessions<any>, outerSession: unknown): void {
  stateOf(session).mount = { sessions, outer: nestingOf(outerSession) }
}

/** The sessions of requests that have no place for one, such as those of the Fetch API. */
export const sessionByRequest = new WeakMap<object, Session<any>>()

const nestingOf = (session: unknown) => (session instanceof Session ? stateOf(session).mount : null)
