import { noStoreError, SojournError } from '../core/errors.ts'
import { expiresAt } from '../core/lifetime.ts'
import type { Outcome } from '../core/outcome.ts'
import type { RegisteredData } from '../core/session-data-type.ts'
import { lastRecordedUse } from './commit-plan.ts'
import { addFlash, takeFlashes, type Flash } from './flashes.ts'
import { isUnreadable, replaceValues, valuesOf } from './session-data.ts'
import { readSignInOptions, type SignInOptions } from './sign-in-options.ts'
import { applyRenewal, applySignIn, applySignOut, csrfSubjectOf, type OpenResult, type SessionState } from './state.ts'
import { recordUpdate } from './value-updates.ts'

/** For the inside of the library: makes a session, and reads what is to be committed of one. */
export let createSession: <Data extends object>(state: SessionState) => Session<Data>
export let stateOf: (session: Session<any>) => SessionState

/** For adapters: calls back when the session is first read or changed, before its commit. What it throws, that access throws. */
export function onAccess(session: Session<any>, callback: () => void): void {
  stateOf(session).onAccess = callback
}

/**
 * The session of one request. Every method works in memory and returns at once; `commit` does what they ask for.
 *
 * Reading anything of it makes the response private (`Vary: Cookie`, `Cache-Control: no-store`).
 * Changing anything after `commit`, or reading it for the first time then, throws `ERR_COMMITTED`: the headers have left.
 * Where the outcome is `unavailable`, every member but `outcome` and `signOut` throws `ERR_SESSION_UNAVAILABLE`, unless the
 * option `whenUnavailable` makes it a guest's.
 */
export class Session<Data extends object = RegisteredData> {
  readonly #state: SessionState

  static {
    createSession = <D extends object>(state: SessionState) => new Session<D>(state)
    stateOf = (session) => session.#state
  }

  private constructor(state: SessionState) {
    this.#state = state
    // What is written to the session itself would be lost without a word; `data` is the place.
    Object.preventExtensions(this)
  }

  /** How it opened: for the sentence on the login page, and for logs. */
  get outcome(): Outcome {
    this.#access()
    const { opening, dataState, signedOut } = this.#state
    return opening.outcome === 'active' && !signedOut && isUnreadable(dataState) ? 'unreadable' : opening.outcome
  }

  /** Names the session in logs and lists, and for `revoke`; opens nothing. `null` until it is kept. */
  get id(): string | null {
    const { savedId, context } = this.#read()
    return savedId === null ? null : context.publicId(savedId)
  }

  /** Who is signed in; `null` for a guest. */
  get userId(): string | null {
    return this.#read().userId
  }

  set userId(_userId: never) {
    throw new SojournError(
      'ERR_USER_ID',
      'session.userId cannot be written; there are session.signIn(id) and session.signOut().',
    )
  }

  /**
   * An object of JSON values (RFC 8259), without a prototype. Change it as you like, at any depth; `commit` notices.
   * What JSON cannot carry (`Date`, `Map`, functions, cycles, `NaN`) makes `commit` throw `ERR_DATA` with the path. After it,
   * the object is frozen.
   */
  get data(): Data {
    const { dataState, committed } = this.#read()
    const values = valuesOf(dataState)
    return (committed ? Object.freeze(values) : values) as Data
  }

  set data(data: Data) {
    replaceValues(this.#write().dataState, data)
  }

  /** When its user last signed in, in epoch milliseconds, or `null`. */
  get signedInAt(): number | null {
    return this.#read().signedInAt
  }

  /** When it ends if it is not used again, in epoch milliseconds. */
  get expiresAt(): number {
    const state = this.#read()
    const { createdAt, signedInAt, context, opening } = state
    return expiresAt({ createdAt: createdAt ?? opening.now, signedInAt }, context.lifetimes, lastRecordedUse(state))
  }

  /** Whether it outlives the browser. */
  get remember(): boolean {
    return this.#read().remember
  }

  /** `false` while a store cannot be asked and the cookie is trusted alone. */
  get confirmed(): boolean {
    return !isCopy(this.#read())
  }

  /**
   * For a hidden field of each form (ASVS 5.0, 3.5.1), as base64url: new at sign-in, the same after a renewal, the
   * session's own; kept nowhere, save in a cookie without an identity, such as Flask's. Gives a guest a session.
   */
  get csrfToken(): string {
    const state = this.#read()
    const subject = csrfSubjectOf(state, false) ?? csrfSubjectOf(this.#write(), true)
    return state.context.csrf.tokenFor(subject!)
  }

  /** Whether a form's token is this session's, in constant time. */
  isCsrfToken(token: unknown): boolean {
    const state = this.#read()
    const subject = csrfSubjectOf(state, false)
    return subject !== null && state.context.csrf.isTokenFor(subject, token)
  }

  /**
   * Signs a user in: a new session, and the old cookie opens nothing. What a guest gathered comes along; another user's data never does.
   * Signing the same user in again renews the session and counts as a fresh sign-in (ASVS 5.0, 7.2.4).
   *
   * @throws `ERR_USER_ID` when `userId` is no text, or empty; `ERR_OPTIONS` for an option that is none; `ERR_COMMITTED`;
   * `ERR_SESSION_UNAVAILABLE` when the session is unconfirmed.
   */
  signIn(userId: string, options: SignInOptions<Data> = {}): void {
    if (typeof userId !== 'string' || userId === '') {
      throw new SojournError(
        'ERR_USER_ID',
        `session.signIn takes the user's id as text that is not empty, such as String(user.id); not ${userId === '' ? 'an empty one' : typeof userId}.`,
      )
    }
    const { remember, label, carry } = readSignInOptions(options)
    const state = this.#confirmed()
    const isSameUser = state.userId === userId
    applySignIn(state, userId, carry)
    state.remember = remember ?? (isSameUser ? state.remember : state.context.remember)
    if (label !== undefined || !isSameUser) state.label = label ?? null
  }

  /** Ends the session and empties it. What is written afterwards in this request, such as a flash message, is a guest's (ASVS 5.0, 7.4.1). @throws `ERR_COMMITTED` */
  signOut(): void {
    applySignOut(this.#changeable())
  }

  /**
   * Renews the session: the same id, and the old cookie opens nothing. Call it when its user gains rights.
   *
   * @throws `ERR_COMMITTED`; `ERR_SESSION_UNAVAILABLE` when the session is unconfirmed
   */
  renew(): void {
    applyRenewal(this.#confirmed())
  }

  /**
   * Sets a key from its present value, and again from the newer one if another request was faster; so `change` may run more
   * than once. With plain assignment, the last of two requests that change one key wins. Exact with a store; while sessions
   * live in their cookie, the last of two responses wins all the same.
   *
   * @throws `ERR_COMMITTED`; `ERR_DATA`; and what `change` throws, which leaves the key as it was
   */
  update<Key extends keyof Data & string>(key: Key, change: (value: Data[Key] | undefined) => Data[Key]): void {
    const state = this.#write()
    const before = this.data[key]
    recordUpdate(state, key, change, before, () => (this.data[key] = change(before)))
  }

  /** Leaves a message for the next page. @throws `ERR_DATA` for what is not text, `ERR_COMMITTED` */
  flash(category: string, message: string): void {
    const { dataState, opening } = this.#write()
    addFlash(dataState, { category, message }, opening.now)
  }

  /** Takes the messages that were left, the oldest first: they are gone afterwards. @throws `ERR_COMMITTED` */
  takeFlashes(): Flash[] {
    return takeFlashes(this.#write().dataState)
  }

  /** Whether its user signed in within the last so many seconds. Ask before an address, a password or money changes (ASVS 5.0, 7.5.1). */
  signedInWithin(seconds: number): boolean {
    const { signedInAt, opening } = this.#read()
    return signedInAt !== null && opening.now - signedInAt < seconds * 1000
  }

  /**
   * Throws unless a store has just confirmed the session.
   *
   * @throws `ERR_SESSION_UNAVAILABLE`; `ERR_NO_STORE` where sessions live in their cookie
   */
  requireConfirmed(): void {
    const state = this.#read()
    if (!state.context.hasStore) throw noStoreError('confirmed')
    if (isCopy(state) || state.opening.outcome === 'unavailable') throw sessionUnavailableError(state.opening)
  }

  #read(): SessionState {
    const state = this.#access()
    const { context, opening, signedOut } = state
    if (opening.outcome === 'unavailable' && !signedOut && context.whenUnavailable === 'throw')
      throw sessionUnavailableError(opening)
    return state
  }

  #write(): SessionState {
    this.#read()
    return this.#changeable()
  }

  #confirmed(): SessionState {
    const state = this.#write()
    if (isCopy(state)) throw sessionUnavailableError(state.opening)
    return state
  }

  #changeable(): SessionState {
    const state = this.#access()
    if (state.committed) {
      throw new SojournError('ERR_COMMITTED', 'The session was changed after its commit. Change it before.')
    }
    return state
  }

  #access(): SessionState {
    const state = this.#state
    if (state.accessed) return state
    if (state.committed) {
      throw new SojournError(
        'ERR_COMMITTED',
        'The session was first read after its commit: its response may be shared by caches. Read it before.',
      )
    }
    state.onAccess?.()
    state.accessed = true
    return state
  }
}

/** Whether it is the cookie's copy alone; of what was signed out, a new guest is left. */
function isCopy({ opening, signedOut }: SessionState): boolean {
  return opening.unconfirmed && !signedOut
}

function sessionUnavailableError({ cause }: OpenResult): SojournError {
  return new SojournError(
    'ERR_SESSION_UNAVAILABLE',
    'Whether this session is still good cannot be told right now: a store confirmed it, and none can be asked.',
    cause === undefined ? undefined : { cause },
  )
}
