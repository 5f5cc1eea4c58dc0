import { isTouchDue } from '../core/lifetime.ts'
import type { Token } from '../core/token.ts'
import { applyDataChange, dataChangeOf, type DataChange } from './data-changes.ts'
import type { SessionState } from './state.ts'
import type { Update } from './value-updates.ts'

/** What a commit does with the session. */
export interface CommitPlan {
  readonly type: 'began' | 'changed' | 'touched' | 'renewed'
  /** The session that the request opened, where it goes on. */
  readonly openedToken: Token | null
  /** Whether it opened without its store, from the copy. */
  readonly unconfirmed: boolean
  /** The session as it is to be. */
  readonly token: Token
  /** What became of its data. */
  readonly change: DataChange | null
  /** Whether that it is in use is written down, or its cookie is to be written anew. */
  readonly isTouched: boolean
  /** How keys were changed by `update`, for another try. */
  readonly updates: ReadonlyMap<string, Update>
}

/** When the use that is written down of a session was, or will be at commit, in epoch milliseconds. */
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
export function planType(
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

/** What a commit does to the session's own cookie; `null` for nothing. @throws `ERR_DATA` */
export function planCommit(
  state: SessionState,
  { failed = false, background = false }: { failed?: boolean | undefined; background?: boolean | undefined },
): CommitPlan | null {
  const { context, opening, signedOut, dataState } = state
  const { openedToken, now, isStale, unconfirmed } = opening
  const currentToken = signedOut ? null : openedToken
  // A sign-in is use, also on a request in the background.
  const isUnused = background && state.signedInAt !== now
  const lastSeenAt = currentToken !== null && isUnused ? currentToken.lastSeenAt : now
  const isTouched =
    currentToken !== null && (isStale || (!background && isTouchDue(currentToken, context.lifetimes, now)))
  if (failed) {
    const token = isTouched ? { ...currentToken, lastSeenAt } : null
    return (
      token && {
        type: 'touched',
        openedToken: currentToken,
        unconfirmed,
        token,
        change: null,
        isTouched: true,
        updates: new Map(),
      }
    )
  }

  const change = dataChangeOf(dataState)
  const isChanged = change !== null || state.csrfSeed !== (currentToken?.csrf ?? null)
  const type = planType(state, currentToken !== null, isChanged, isTouched)
  if (type === null) return null
  const { userId, signedInAt, remember, label } = state
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
    ...(context.createIdentity === null && { csrf: state.csrfSeed }),
    ...(currentToken !== null && state.identityChange !== 'signed-in' && { leftover: currentToken.leftover }),
  }
  const continuesSession = state.identityChange !== 'signed-in'
  return {
    type,
    openedToken: continuesSession ? currentToken : null,
    unconfirmed,
    token,
    change,
    isTouched: isTouched,
    updates: state.updates,
  }
}
