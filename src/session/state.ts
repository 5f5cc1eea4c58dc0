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
import { noUpdates, type Update } from './value-updates.ts'

/** The settings that a session needs. */
export interface SessionContext {
  /** Creates an identity, or renews one; `null` if the format has no identities. */
  readonly createIdentity: ((renewed?: Identity) => Identity) | null
  /** Converts an id to the form that may be shown: the id itself, or its SHA-256 if the id alone opens the session. */
  readonly publicId: (id: string) => string
  readonly codec: Codec
  readonly csrf: Csrf
  readonly lifetimes: Lifetimes
  /** Whether sessions outlive the browser by default. */
  readonly remember: boolean
  readonly hasStore: boolean
  /** Whether the use of an `unavailable` session throws, or gives a guest session. */
  readonly whenUnavailable: 'throw' | 'guest'
  readonly schema: Schema | null
}

/** How a session opened. */
export interface OpenResult {
  readonly outcome: Outcome
  /** When the request was opened, in epoch milliseconds. All of the request uses this instant as now. */
  readonly now: number
  /** The token that opened the session; `null` for a new session. */
  readonly openedToken: Token | null
  /** Whether it opened from the cookie's copy, without the store. The outcome may be about the other cookie. */
  readonly unconfirmed: boolean
  /** Whether commit must write the cookie again even if the request changes nothing. */
  readonly isStale: boolean
  /** The driver's error, if the store did not answer. */
  readonly cause: unknown
  /** The same instant as `now`, with a count that orders the steps of this process. */
  readonly moment: LogicalTime
  /** Further tokens of signed-in sessions, if the request had several cookies of one name. A sign-out ends them too. */
  readonly tokensToEnd: readonly Token[]
  /** Which of our cookies the request had, whether they opened or not. */
  readonly cookiesPresent: { readonly user: boolean; readonly guest: boolean }
}

/** The change of the identity in this request: none, a sign-in as a new session, or a new secret. */
export type IdentityChange = 'unchanged' | 'signed-in' | 'renewed'

/** A session during its request: how it opened, and its changes since. */
export interface SessionState {
  readonly context: SessionContext
  readonly opening: OpenResult
  /** Whether the session was read or changed. The response is then private. */
  accessed: boolean
  /** Called before the first access. */
  onAccess: (() => void) | null
  committed: boolean
  /** Whether shared caches must not store the response. Then a first access after the commit is harmless. */
  isUnshared: boolean
  /** Whether commit must end the session that was opened. After a sign-out, this state is that of a new guest. */
  signedOut: boolean
  identityChange: IdentityChange
  /** The id under which the session is saved; `null` if it is not saved yet. */
  savedId: string | null
  identity: Identity | null
  /** The seed of form tokens, for a format without identities. */
  csrfSeed: string | null
  userId: string | null
  createdAt: number | null
  signedInAt: number | null
  remember: boolean
  label: string | null
  /** The session's own timeouts, in seconds; `null` for none. */
  idleTimeout: number | null
  absoluteTimeout: number | null
  methods: Token['methods']
  dataState: SessionDataState
  /** The calls of `session.update`, by key. */
  updates: ReadonlyMap<string, Update>
}

export function createState(context: SessionContext, opening: OpenResult): SessionState {
  const { openedToken } = opening
  return {
    context,
    opening,
    accessed: false,
    onAccess: null,
    committed: false,
    isUnshared: false,
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
    idleTimeout: openedToken?.idleTimeout ?? null,
    absoluteTimeout: openedToken?.absoluteTimeout ?? null,
    methods: openedToken?.methods ?? [],
    dataState: createDataState(openedToken?.data ?? {}, context),
    updates: noUpdates,
  }
}

/** Signs a user in: in a new session, or in a renewed one if the same user is signed in already. */
export function applySignIn(state: SessionState, userId: string, carry: readonly string[] | undefined): void {
  if (state.userId === userId) {
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
}

/** Gives the session a new secret. */
export function applyRenewal(state: SessionState): void {
  // A session that began in this request needs no renewal, because its secret has not been sent yet.
  if (state.context.createIdentity === null || state.identity === null || state.savedId === null) return
  state.identity = state.context.createIdentity(state.identity)
  state.identityChange = 'renewed'
}

/** How many methods are kept. */
const maxMethods = 8

/** Notes how the user has just proved who they are. The latest is the last of the list. */
export function applyMethod(state: SessionState, method: string): void {
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

/**
 * Returns the seed of the session's form tokens: its id, or the random text that its cookie holds.
 *
 * @param createIfMissing whether to create it; otherwise the result is `null` if there is none
 */
export function csrfSeedOf(state: SessionState, createIfMissing: boolean): string | null {
  const { createIdentity } = state.context
  if (createIdentity === null)
    return (state.csrfSeed ??= createIfMissing ? randomBytes(16).toString('base64url') : null)
  state.identity ??= createIfMissing ? createIdentity() : null
  return state.identity?.id ?? null
}
