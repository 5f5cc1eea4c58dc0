import { Session, stateOf } from '../../session/session.ts'
import type { Sessions } from '../../sessions.ts'

/** Whether these sessions are mounted in front already, so that the request has its session of them. */
export function isMounted(present: unknown, sessions: Sessions<any>): boolean {
  let mount = mountOf(present)
  while (mount !== null && mount.sessions !== sessions) mount = mount.outer
  return mount !== null
}

/** Notes that a request has its session of these sessions, in place of what it had. */
export function mount(session: Session<any>, sessions: Sessions<any>, present: unknown): void {
  stateOf(session).mount = { sessions, outer: mountOf(present) }
}

/** The sessions of requests that have no place for one, such as those of the Fetch API. */
export const sessionOf = new WeakMap<object, Session<any>>()

const mountOf = (present: unknown) => (present instanceof Session ? stateOf(present).mount : null)
