import { stateOf, type Session } from './session.ts'

/** For adapters: calls back at the first access to the session, before its commit. An error of the callback is thrown by that access. */
export function onAccess(session: Session<any>, callback: () => void): void {
  stateOf(session).onAccess = callback
}

/** For adapters: allows a first read after the commit if shared caches must not store the response. */
export function allowLateRead(session: Session<any>, isUnshared: () => boolean): void {
  const state = stateOf(session)
  // Asked at once, because a session that refers to its request makes garbage collection slow.
  if (!state.accessed) state.isUnshared = isUnshared()
}
