import { SojournError } from '../core/errors.ts'
import { valuesOf } from './session-data.ts'
import { Session, stateOf } from './session.ts'

/** For adapters: calls back at the first access to the session, before its commit. An error of the callback is thrown by that access. */
export function onAccess(session: Session<any>, callback: () => void): void {
  stateOf(session).onAccess = callback
}

/** For adapters: makes a session one that can only be read, because its host sends no cookie. The hint says where changes belong. */
export function makeReadOnly(session: Session<any>, hint: string): void {
  const lateError = (member: string): SojournError =>
    new SojournError('ERR_COMMITTED', `session.${member} cannot be saved here: ${hint}`)
  const refuse = (_: Record<string, unknown>, key: string | symbol): never => {
    throw lateError(`data.${String(key)}`)
  }
  const state = stateOf(session)
  Object.assign(state, { committed: true, isUnshared: true, lateError })
  const values = valuesOf(state.dataState)
  for (const value of Object.values(values)) deepFreeze(value)
  // Frozen values alone would throw an error that says nothing of the session.
  state.dataState.values = new Proxy(values, { set: refuse, deleteProperty: refuse })
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const inner of Object.values(Object.freeze(value))) deepFreeze(inner)
}

/** For adapters: allows a first read after the commit if shared caches must not store the response. */
export function allowLateRead(session: Session<any>, isUnshared: () => boolean): void {
  // A drop-in has sessions of another library, which no commit closes.
  if (!(session instanceof Session)) return
  const state = stateOf(session)
  // Asked at once, because a session that refers to its request makes garbage collection slow.
  if (!state.accessed) state.isUnshared = isUnshared()
}
