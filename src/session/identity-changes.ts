import { SojournError } from '../core/errors.ts'
import { createDataState } from './data-state.ts'
import { pickKeys } from './session-data.ts'
import type { CheckedSignInOptions } from './sign-in-options.ts'
import type { SessionState } from './state.ts'
import { noUpdates } from './value-updates.ts'

/** Signs a user in: in a new session, or in a renewed one if the same user is signed in already. */
export function applySignIn(state: SessionState, userId: string, options: CheckedSignInOptions): void {
  const { carry, method, label } = options
  const isSameUser = state.userId === userId
  if (isSameUser) {
    applyRenewal(state)
    // Without identities there is no secret to renew, but the sign-in must still be saved.
    if (state.context.createIdentity === null && state.identityChange === 'unchanged') state.identityChange = 'renewed'
    if (state.context.createIdentity === null) state.csrfSeed = null
  } else {
    if (state.userId !== null) resetData(state)
    else if (carry !== undefined) pickKeys(state.dataState, carry)
    state.identity = state.context.createIdentity?.() ?? null
    state.csrfSeed = null
    state.savedId = null
    state.userId = userId
    state.createdAt = state.opening.now
    state.methods = []
    state.identityChange = 'signed-in'
  }
  state.signedInAt = state.opening.now
  if (method !== undefined) applyMethod(state, method)
  state.idleTimeout = options.idleTimeout ?? (isSameUser ? state.idleTimeout : null)
  state.absoluteTimeout = options.absoluteTimeout ?? (isSameUser ? state.absoluteTimeout : null)
  state.remember = options.remember ?? (isSameUser ? state.remember : state.context.remember)
  if (label !== undefined || !isSameUser) state.label = label ?? null
}

/** Gives the session a new secret. */
export function applyRenewal(state: SessionState): void {
  // A session that began in this request needs no renewal, because its secret has not been sent yet.
  if (state.context.createIdentity === null || state.identity === null || state.savedId === null) return
  state.identity = state.context.createIdentity(state.identity)
  state.identityChange = 'renewed'
}

/** Notes that the user has proved once more who they are, and renews the session. @throws `ERR_USER_ID` for a guest */
export function applyConfirmation(state: SessionState, method: string): void {
  if (state.userId === null)
    throw new SojournError('ERR_USER_ID', 'session.confirm needs a signed-in user. Call session.signIn(id) first.')
  applyRenewal(state)
  applyMethod(state, method)
}

/** How many methods are kept. */
const maxMethods = 8

/** Notes how the user has just proved who they are. The latest is the last of the list. */
function applyMethod(state: SessionState, method: string): void {
  const others = state.methods.filter(([name]) => name !== method)
  state.methods = [...others.slice(1 - maxMethods), [method, state.opening.now]]
}

/** Marks the opened session to be ended at commit. The state becomes that of a new, empty guest session. */
export function applySignOut(state: SessionState): void {
  state.signedOut = true
  state.identityChange = 'unchanged'
  state.identity = state.savedId = state.userId = state.createdAt = state.signedInAt = state.label = null
  state.idleTimeout = state.absoluteTimeout = null
  state.methods = []
  state.csrfSeed = null
  state.remember = state.context.remember
  resetData(state)
}

function resetData(state: SessionState): void {
  state.dataState = createDataState({}, state.context)
  state.updates = noUpdates
}
