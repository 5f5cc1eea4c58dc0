import { isTouchDue } from '../core/lifetime.ts'
import type { Token } from '../core/token.ts'
import { applyDataChange, dataChangeOf, type DataChange } from './data-changes.ts'
import type { SessionState } from './state.ts'
import { noUpdates, type Update } from './value-updates.ts'

/** The work of a commit for the session's own cookie and record. */
export interface CommitPlan {
  /** Decides how the session is saved, and is the type of the event. */
  readonly type: 'began' | 'changed' | 'touched' | 'renewed'
  /** The opened token, if its session continues; `null` for a new session. */
  readonly continuedToken: Token | null
  /** Whether the session opened from the cookie's copy, without the store. */
  readonly unconfirmed: boolean
  /** The session to save. */
  readonly token: Token
  /** The change of its data; `null` if it did not change. */
  readonly change: DataChange | null
  /** Whether the time of the last use is saved, or the cookie is written again. */
  readonly isTouched: boolean
  /** The calls of `session.update`, to apply them again if another request saved first. */
  readonly updates: ReadonlyMap<string, Update>
}

/** Returns the time of the last use that the session has after this request, in epoch milliseconds. */
export function lastRecordedUse({
  opening: { openedToken, now },
  signedOut,
  identityChange,
  context,
}: SessionState): number {
  const keepsLastSeen =
    openedToken !== null &&
    !signedOut &&
    identityChange === 'unchanged' &&
    !isTouchDue(openedToken, context.lifetimes, now)
  return keepsLastSeen ? openedToken.lastSeenAt : now
}

/** Plans the commit of a session; `null` if there is nothing to do. @throws `ERR_DATA` for a value that cannot be stored */
export function planCommit(
  state: SessionState,
  { failed = false, background = false }: { failed?: boolean | undefined; background?: boolean | undefined },
): CommitPlan | null {
  const { context, opening, signedOut, dataState } = state
  const { openedToken, now, isStale, unconfirmed } = opening
  const currentToken = signedOut ? null : openedToken
  // A background request is not a use of the session. A sign-in in this request always is.
  const isUnused = background && state.signedInAt !== now
  const lastSeenAt = currentToken !== null && isUnused ? currentToken.lastSeenAt : now
  const isTouched =
    currentToken !== null && (isStale || (!background && isTouchDue(currentToken, context.lifetimes, now)))
  // A failed response saves no data, only the time of the last use.
  if (failed) {
    if (!isTouched) return null
    return {
      type: 'touched',
      continuedToken: currentToken,
      unconfirmed,
      token: { ...currentToken, lastSeenAt },
      change: null,
      isTouched: true,
      updates: noUpdates,
    }
  }

  const change = dataChangeOf(dataState)
  const isChanged = change !== null || state.csrfSeed !== (currentToken?.csrf ?? null)
  const type = planType(state, currentToken !== null, isChanged, isTouched)
  if (type === null) return null
  const { userId, signedInAt, remember, label, idleTimeout, absoluteTimeout, methods } = state
  const continuedToken = state.identityChange === 'signed-in' ? null : currentToken
  const token: Token = {
    identity: state.identity ?? context.createIdentity?.() ?? null,
    userId,
    createdAt: state.createdAt ?? now,
    signedInAt,
    lastSeenAt,
    remember,
    label,
    confirmedAt: currentToken?.confirmedAt ?? null,
    version: currentToken?.version ?? 0,
    data: applyDataChange(dataState.texts, change),
    changed: currentToken?.changed ?? [],
    idleTimeout,
    absoluteTimeout,
    methods,
    csrf: state.csrfSeed,
    leftover: continuedToken?.leftover,
  }
  return {
    type,
    continuedToken,
    unconfirmed,
    token,
    change,
    isTouched,
    updates: state.updates,
  }
}

function planType(
  state: SessionState,
  hasToken: boolean,
  isChanged: boolean,
  isTouched: boolean,
): CommitPlan['type'] | null {
  if (state.identityChange === 'signed-in') return 'began'
  if (!hasToken) return isChanged || state.identity !== null ? 'began' : null
  if (state.identityChange === 'renewed') return 'renewed'
  if (isChanged) return 'changed'
  return isTouched ? 'touched' : null
}
