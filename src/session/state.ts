import { randomBytes } from 'node:crypto'
import type { Codec } from '../core/codec.ts'
import type { Lifetimes } from '../core/lifetime.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import type { Outcome } from '../core/outcome.ts'
import type { Identity, Token } from '../core/token.ts'
import type { Csrf } from './csrf.ts'
import { createDataState, type SessionDataState } from './data-state.ts'
import type { Schema } from './schema.ts'
import { pickKeys } from './session-data.ts'
import type { Update } from './value-updates.ts'

/** What a session needs of the sessions it is one of. */
export interface SessionContext {
  /** `null` where cookies have no identity. */
  readonly createIdentity: ((renewed?: Identity) => Identity) | null
  /** What is shown of an id: all of it, or its SHA-256 where the id opens a session. */
  readonly publicId: (id: string) => string
  readonly codec: Codec
  readonly csrf: Csrf
  readonly lifetimes: Lifetimes
  readonly remember: boolean
  readonly hasStore: boolean
  /** Whether a session that cannot be looked up is an error, or a guest's. */
  readonly whenUnavailable: 'throw' | 'guest'
  readonly schema: Schema | null
}

/** How a session opened. */
export interface OpenResult {
  readonly outcome: Outcome
  /** When the request was opened, in epoch milliseconds: the one instant at which all of it happens. */
  readonly now: number
  /** The token that the request brought and that opened. */
  readonly openedToken: Token | null
  /** Whether it opened without its store, from the copy; also where the outcome is about another cookie. */
  readonly unconfirmed: boolean
  /** Whether its cookie is to be written anew, whatever the request does. */
  readonly isStale: boolean
  /** Why a store could not be asked, as its driver says. */
  readonly cause: unknown
  /** The instant again, with its place among others. */
  readonly moment: LogicalTime
  /** Further tokens of signed-in sessions, where several cookies of one name came: a sign-out ends them as well. */
  readonly tokensToEnd: readonly Token[]
  /** Which of our cookies the request brought, whether they opened or not. */
  readonly cookiesPresent: { readonly user: boolean; readonly guest: boolean }
}

/** What happened to the identity in this request: nothing; its user came in; it got a new secret. */
export type IdentityChange = 'unchanged' | 'signed-in' | 'renewed'

/** A session during its request: how it opened, and what happened since. */
export interface SessionState {
  readonly context: SessionContext
  readonly opening: OpenResult
  /** Whether anything of it was read or changed: then the response is private. */
  accessed: boolean
  onAccess: (() => void) | null
  committed: boolean
  /** Whether what was opened is to end; from then on the session is a new guest's. */
  signedOut: boolean
  identityChange: IdentityChange
  /** The id that requests to come can know it by; `null` until it is kept. */
  savedId: string | null
  identity: Identity | null
  /** What form tokens are made of, where there is no identity. */
  csrfSeed: string | null
  userId: string | null
  createdAt: number | null
  signedInAt: number | null
  remember: boolean
  label: string | null
  dataState: SessionDataState
  updates: Map<string, Update>
}

export function createState(context: SessionContext, opening: OpenResult): SessionState {
  const { openedToken } = opening
  return {
    context,
    opening,
    accessed: false,
    onAccess: null,
    committed: false,
    signedOut: false,
    identityChange: 'unchanged',
    savedId: openedToken?.identity?.id ?? null,
    identity: openedToken?.identity ?? null,
    csrfSeed: openedToken?.csrf ?? null,
    userId: openedToken?.userId ?? null,
    createdAt: openedToken?.createdAt ?? null,
    signedInAt: openedToken?.signedInAt ?? null,
    remember: openedToken?.remember ?? context.remember,
    label: openedToken?.label ?? null,
    dataState: createDataState(openedToken?.data ?? {}, context),
    updates: new Map(),
  }
}

/** A user comes in: with a new session, or, being in already, with a renewed one. */
export function applySignIn(state: SessionState, userId: string, carry: readonly string[] | undefined): void {
  if (state.userId === userId) {
    applyRenewal(state)
    // Without identities there is no secret to renew, and the sign-in is written down all the same.
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
    state.identityChange = 'signed-in'
  }
  state.signedInAt = state.opening.now
}

/** A new secret for the same session. What began in this request has one that nobody has seen yet. */
export function applyRenewal(state: SessionState): void {
  if (state.context.createIdentity === null || state.identity === null || state.savedId === null) return
  state.identity = state.context.createIdentity(state.identity)
  state.identityChange = 'renewed'
}

/** What was opened is to end; from here on there is a new guest, who has nothing. */
export function applySignOut(state: SessionState): void {
  state.signedOut = true
  state.identityChange = 'unchanged'
  state.identity = state.savedId = state.userId = state.createdAt = state.signedInAt = state.label = null
  state.csrfSeed = null
  state.remember = state.context.remember
  resetData(state)
}

function resetData(state: SessionState): void {
  state.dataState = createDataState({}, state.context)
  state.updates = new Map()
}

/** What a session's form tokens are made of: its id, or a random text that it carries. Made where there is none, if asked to. */
export function csrfSubjectOf(state: SessionState, createIfMissing: boolean): string | null {
  const { createIdentity } = state.context
  if (createIdentity === null)
    return (state.csrfSeed ??= createIfMissing ? randomBytes(16).toString('base64url') : null)
  state.identity ??= createIfMissing ? createIdentity() : null
  return state.identity?.id ?? null
}
