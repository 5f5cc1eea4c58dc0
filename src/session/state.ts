import { randomBytes } from 'node:crypto'
import type { Codec } from '../core/codec.ts'
import { changedTexts, changeOf, createContents, keepOnly, type Contents, type ContentsChange } from './session-data.ts'
import type { Csrf } from './csrf.ts'
import type { Identity, Token } from '../core/token.ts'
import { isTouchDue, type Lifetimes } from '../core/lifetime.ts'
import type { Moment } from '../core/logical-time.ts'
import type { Outcome } from '../core/outcome.ts'
import type { Schema } from './schema.ts'
import { textOf } from '../core/texts.ts'

/** What a session needs of the sessions it is one of. */
export interface SessionHost {
  /** `null` where cookies have no identity. */
  readonly mint: ((renewed?: Identity) => Identity) | null
  /** What is shown of an id: all of it, or its SHA-256 where the id opens a session. */
  readonly shown: (id: string) => string
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
export interface Opening {
  readonly outcome: Outcome
  /** When the request was opened, in epoch milliseconds: the one instant at which all of it happens. */
  readonly now: number
  /** The token that the request brought and that opened. */
  readonly opened: Token | null
  /** Whether it opened without its store, from the copy; also where the outcome is about another cookie. */
  readonly unconfirmed: boolean
  /** Whether its cookie is to be written anew, whatever the request does. */
  readonly isStale: boolean
  /** Why a store could not be asked, as its driver says. */
  readonly cause: unknown
  /** The instant again, with its place among others. */
  readonly moment: Moment
  /** Further tokens of signed-in sessions, where several cookies of one name came: a sign-out ends them as well. */
  readonly others: readonly Token[]
  /** Which of our cookies the request brought, whether they opened or not. */
  readonly brought: { readonly user: boolean; readonly guest: boolean }
}

/** What happened to the identity in this request: nothing; its user came in; it got a new secret. */
export type IdentityChange = 'kept' | 'entered' | 'renewed'

/** A session during its request: how it opened, and what happened since. */
export interface SessionState {
  readonly host: SessionHost
  readonly opening: Opening
  /** Whether anything of it was read or changed: then the response is private. */
  accessed: boolean
  onAccess: (() => void) | null
  /** Whose session a host has it as, and what it had before, where sessions are mounted more than once. */
  mount: Mount | null
  committed: boolean
  /** Whether what was opened is to end; from then on the session is a new guest's. */
  signedOut: boolean
  change: IdentityChange
  /** The id that requests to come can know it by; `null` until it is kept. */
  keptId: string | null
  identity: Identity | null
  /** What form tokens are made of, where there is no identity. */
  csrf: string | null
  userId: string | null
  createdAt: number | null
  signedInAt: number | null
  remember: boolean
  label: string | null
  contents: Contents
  updates: Map<string, Update>
}

/** A place at which a host has sessions. */
export interface Mount {
  readonly sessions: object
  readonly outer: Mount | null
}

/** What a commit does with the session. */
export interface Step {
  readonly type: 'began' | 'changed' | 'touched' | 'renewed'
  /** The session that the request opened, where it goes on. */
  readonly opened: Token | null
  /** Whether it opened without its store, from the copy. */
  readonly unconfirmed: boolean
  /** The session as it is to be. */
  readonly token: Token
  /** What became of its data. */
  readonly change: ContentsChange | null
  /** Whether that it is in use is written down, or its cookie is to be written anew. */
  readonly isTouched: boolean
  /** How keys were changed by `update`, for another try. */
  readonly updates: ReadonlyMap<string, Update>
}

/** What was done to a value, and the text that came of it. */
export interface Update {
  readonly changes: readonly ((value: any) => unknown)[]
  readonly text: string
}

export function createState(host: SessionHost, opening: Opening): SessionState {
  const { opened } = opening
  return {
    host,
    opening,
    accessed: false,
    onAccess: null,
    mount: null,
    committed: false,
    signedOut: false,
    change: 'kept',
    keptId: opened?.identity?.id ?? null,
    identity: opened?.identity ?? null,
    csrf: opened?.csrf ?? null,
    userId: opened?.userId ?? null,
    createdAt: opened?.createdAt ?? null,
    signedInAt: opened?.signedInAt ?? null,
    remember: opened?.remember ?? host.remember,
    label: opened?.label ?? null,
    contents: createContents(opened?.data ?? {}, host),
    updates: new Map(),
  }
}

/** A user comes in: with a new session, or, being in already, with a renewed one. */
export function enter(state: SessionState, userId: string, carry: readonly string[] | undefined): void {
  if (state.userId === userId) {
    renew(state)
    // Without identities there is no secret to renew, and the sign-in is written down all the same.
    if (state.host.mint === null && state.change === 'kept') state.change = 'renewed'
    if (state.host.mint === null) state.csrf = null
  } else {
    if (state.userId !== null) forget(state)
    else if (carry !== undefined) keepOnly(state.contents, carry)
    state.identity = state.host.mint?.() ?? null
    state.csrf = null
    state.keptId = null
    state.userId = userId
    state.createdAt = state.opening.now
    state.change = 'entered'
  }
  state.signedInAt = state.opening.now
}

/** A new secret for the same session. What began in this request has one that nobody has seen yet. */
export function renew(state: SessionState): void {
  if (state.host.mint === null || state.identity === null || state.keptId === null) return
  state.identity = state.host.mint(state.identity)
  state.change = 'renewed'
}

/** What was opened is to end; from here on there is a new guest, who has nothing. */
export function leave(state: SessionState): void {
  state.signedOut = true
  state.change = 'kept'
  state.identity = state.keptId = state.userId = state.createdAt = state.signedInAt = state.label = null
  state.csrf = null
  state.remember = state.host.remember
  forget(state)
}

function forget(state: SessionState): void {
  state.contents = createContents({}, state.host)
  state.updates = new Map()
}

/** Changes a key, and remembers how, so that it can be done again to a newer value. */
export function noteUpdate(
  { host: { codec }, contents, updates }: SessionState,
  key: string,
  change: (value: any) => unknown,
  before: unknown,
  make: () => unknown,
): void {
  const came = textOf(contents.texts, key)
  const written = (value: unknown) => (value === undefined ? '' : codec.stringify(value, key, came))
  const text = written(before)
  const noted = updates.get(key)
  const stands = () => (text === '' ? undefined : codec.parse(text))
  // Where there was none, and still is none, is what a schema gives instead.
  const isNew = came === undefined
  const first = (value: unknown) => (isNew && value === undefined ? stands() : value)
  // What was assigned before it stands, whatever the newer value is.
  const isAsItWas = text === (noted?.text ?? textOf(contents.given, key) ?? '')
  const earlier = isAsItWas ? (noted?.changes ?? [first]) : [stands]
  updates.set(key, { changes: [...earlier, change], text: written(make()) })
}

/** What a session's form tokens are made of: its id, or a random text that it carries. Made where there is none, if asked to. */
export function csrfSubject(state: SessionState, make: boolean): string | null {
  const { mint } = state.host
  if (mint === null) return (state.csrf ??= make ? randomBytes(16).toString('base64url') : null)
  state.identity ??= make ? mint() : null
  return state.identity?.id ?? null
}

/** When the use that is written down of a session was, or will be at commit, in epoch milliseconds. */
export function recordedUse({ opening: { opened, now }, signedOut, change, host }: SessionState): number {
  const stays = opened !== null && !signedOut && change === 'kept' && !isTouchDue(opened, host.lifetimes, now)
  return stays ? opened.lastSeenAt : now
}

/** What a commit does to the session's own cookie; `null` for nothing. @throws `ERR_DATA` */
export function stepOf(
  state: SessionState,
  { failed, background }: { failed: boolean; background: boolean },
): Step | null {
  const { host, opening, signedOut, contents } = state
  const { opened, now, isStale, unconfirmed } = opening
  const kept = signedOut ? null : opened
  // A sign-in is use, also on a request in the background.
  const unused = background && state.signedInAt !== now
  const lastSeenAt = kept !== null && unused ? kept.lastSeenAt : now
  const touched = kept !== null && (isStale || (!background && isTouchDue(kept, host.lifetimes, now)))
  if (failed) {
    const token = touched ? { ...kept, lastSeenAt } : null
    return (
      token && { type: 'touched', opened: kept, unconfirmed, token, change: null, isTouched: true, updates: new Map() }
    )
  }

  const change = changeOf(contents)
  const changed = change !== null || state.csrf !== (kept?.csrf ?? null)
  const type = typeOf(state, kept !== null, changed, touched)
  if (type === null) return null
  const { userId, signedInAt, remember, label } = state
  const token: Token = {
    identity: state.identity ?? host.mint?.() ?? null,
    userId,
    createdAt: state.createdAt ?? now,
    signedInAt,
    lastSeenAt,
    remember,
    label,
    confirmedAt: kept?.confirmedAt ?? null,
    version: kept?.version ?? 0,
    data: changedTexts(contents.texts, change),
    changed: kept?.changed ?? [],
    ...(host.mint === null && { csrf: state.csrf }),
    ...(kept !== null && state.change !== 'entered' && { leftover: kept.leftover }),
  }
  const goesOn = state.change !== 'entered'
  return { type, opened: goesOn ? kept : null, unconfirmed, token, change, isTouched: touched, updates: state.updates }
}

function typeOf(state: SessionState, kept: boolean, changed: boolean, touched: boolean): Step['type'] | null {
  if (state.change === 'entered') return 'began'
  if (!kept) return changed || state.identity !== null ? 'began' : null
  if (state.change === 'renewed') return 'renewed'
  if (changed) return 'changed'
  return touched ? 'touched' : null
}
