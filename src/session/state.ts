import { randomBytes } from 'node:crypto'
import type { Codec } from '../core/codec.ts'
import type { Lifetimes } from '../core/lifetime.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import type { Outcome } from '../core/outcome.ts'
import type { Identity, Token } from '../core/token.ts'
import type { Csrf } from './csrf.ts'
import { createDataState, type SessionDataState } from './data-state.ts'
import type { Schema } from './schema.ts'
import { changedTooLateError } from './too-late.ts'
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
  /** Creates the error of a change after the commit. */
  lateError: (member: string) => Error
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
    lateError: changedTooLateError,
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
