import { noStoreError, SojournError } from '../core/errors.ts'
import { expiresAt } from '../core/lifetime.ts'
import type { Outcome } from '../core/outcome.ts'
import type { RegisteredData } from '../core/session-data-type.ts'
import { lastRecordedUse } from './commit-plan.ts'
import { addFlash, takeFlashes, type Flash } from './flashes.ts'
import { applyConfirmation, applyRenewal, applySignIn, applySignOut } from './identity-changes.ts'
import { inspectSession, type Inspect } from './inspect-session.ts'
import { inspectSymbol } from './lazy-values.ts'
import { isUnreadable, replaceValues, valuesOf } from './session-data.ts'
import { isCopy, sessionUnavailableError } from './session-unavailable.ts'
import { checkMethod, checkUserId, readSignInOptions, type SignInOptions } from './sign-in-options.ts'
import { csrfSeedOf, type SessionState } from './state.ts'
import { readTooLateError } from './too-late.ts'
import { recordUpdate } from './value-updates.ts'

// Assigned inside the class, because only code there can reach its constructor and its state.

/** Creates a session. For the library only. */
export let createSession: <Data extends object>(state: SessionState) => Session<Data>
/** Returns a session's state. For the library only. @throws `TypeError` if the value is not a session */
export let stateOf: (session: Session<any>) => SessionState

/**
 * The session of one request. Its methods change memory only and return at once; `commit` saves the changes.
 *
 * Reading or changing the session makes the response private (`Vary: Cookie`, `Cache-Control: no-store`). Changing it after
 * `commit` throws `ERR_COMMITTED`, because the headers have been sent. Reading it for the first time then does so too, unless
 * the response says `no-store` or `private` by itself.
 *
 * If the outcome is `unavailable`, all members except `outcome` and `signOut` throw `ERR_SESSION_UNAVAILABLE`. With
 * `whenUnavailable: 'guest'`, they work on a guest session instead.
 */
export class Session<Data extends object = RegisteredData> {
  readonly #state: SessionState

  static {
    createSession = <D extends object>(state: SessionState) => new Session<D>(state)
    stateOf = (session) => session.#state
  }

  private constructor(state: SessionState) {
    this.#state = state
    // Assignments to the session itself, such as `session.cart = []`, must throw: they would not be saved.
    Object.preventExtensions(this)
  }

  /** How the session opened. Pass it to `explain` for a sentence for the sign-in page. */
  get outcome(): Outcome {
    this.#access()
    const { opening, dataState, signedOut } = this.#state
    return opening.outcome === 'active' && !signedOut && isUnreadable(dataState) ? 'unreadable' : opening.outcome
  }

  /** The session's id, for logs, lists and `revoke`. It does not open the session. `null` if the session is not saved yet. */
  get id(): string | null {
    const { savedId, context } = this.#read()
    return savedId === null ? null : context.publicId(savedId)
  }

  /** The id of the signed-in user; `null` for a guest. */
  get userId(): string | null {
    return this.#read().userId
  }

  set userId(_userId: never) {
    throw new SojournError('ERR_USER_ID', 'session.userId is read-only. Call session.signIn(id) or session.signOut().')
  }

  /**
   * The application's data: an object of JSON values (RFC 8259), without a prototype. `commit` detects changes at any depth.
   * If a value is not JSON, such as a `Date`, a `Map`, a function, a cycle or `NaN`, `commit` throws `ERR_DATA` with its path.
   * After `commit` the object is frozen.
   */
  get data(): Data {
    const { dataState, committed } = this.#read()
    const values = valuesOf(dataState)
    return (committed ? Object.freeze(values) : values) as Data
  }

  set data(data: Data) {
    replaceValues(this.#write('data = …').dataState, data)
  }

  /** When the user last signed in, in epoch milliseconds; `null` for a guest. */
  get signedInAt(): number | null {
    return this.#read().signedInAt
  }

  /** When the session ends if it is not used again, in epoch milliseconds. */
  get expiresAt(): number {
    const state = this.#read()
    const { context, opening } = state
    const createdAt = state.createdAt ?? opening.now
    return expiresAt({ ...state, createdAt }, context.lifetimes, lastRecordedUse(state))
  }

  /** Whether the session outlives the browser. */
  get remember(): boolean {
    return this.#read().remember
  }

  /** `false` if the session opened from the cookie's copy, because the store does not answer. */
  get confirmed(): boolean {
    return !isCopy(this.#read())
  }

  /**
   * A token for a hidden field in each form (ASVS 5.0, 3.5.1), as base64url. A sign-in changes it, a renewal does not. It is
   * stored nowhere, except in a cookie without an identity, such as Flask's.
   * Reading it starts a session for a guest who has none.
   */
  get csrfToken(): string {
    const state = this.#read()
    const seed = csrfSeedOf(state, false) ?? csrfSeedOf(this.#write('csrfToken'), true)
    return state.context.csrf.tokenFor(seed!)
  }

  /** Whether a form's token belongs to this session. Compares in constant time. */
  isCsrfToken(token: unknown): boolean {
    const state = this.#read()
    const seed = csrfSeedOf(state, false)
    return seed !== null && state.context.csrf.isTokenFor(seed, token)
  }

  /**
   * Signs a user in: starts a new session, and ends the old one. A guest's data is copied, another user's data never.
   * If the same user is signed in already, it renews the session instead; this counts as a sign-in (ASVS 5.0, 7.2.4).
   *
   * @throws `ERR_USER_ID` if `userId` is not text or is empty; `ERR_OPTIONS` for an unknown or invalid option;
   * `ERR_COMMITTED` after the commit; `ERR_SESSION_UNAVAILABLE` if the session is unconfirmed
   */
  signIn(userId: string, options: SignInOptions<Data> = {}): void {
    checkUserId(userId)
    const checked = readSignInOptions(options)
    applySignIn(this.#confirmed('signIn()'), userId, checked)
  }

  /**
   * Ends the session (ASVS 5.0, 7.4.1). After it, this object is a new, empty guest session, for a flash message for example.
   *
   * @throws `ERR_COMMITTED` after the commit
   */
  signOut(): void {
    applySignOut(this.#changeable('signOut()'))
  }

  /**
   * Renews the session: the id remains, and the old cookie no longer opens it. Call it when the user gains rights.
   *
   * @throws `ERR_COMMITTED` after the commit; `ERR_SESSION_UNAVAILABLE` if the session is unconfirmed
   */
  renew(): void {
    applyRenewal(this.#confirmed('renew()'))
  }

  /**
   * Sets a key to a value computed from its present value. If another request saves the key first, `commit` calls `change`
   * again with that newer value, so `change` may run more than once. With plain assignment the last request wins.
   * This is exact with a store. Without one, the last of two responses wins as well.
   *
   * @throws `ERR_COMMITTED` after the commit; `ERR_DATA` for a value that cannot be stored; any error of `change`, which
   * leaves the key unchanged
   */
  update<Key extends keyof Data & string>(key: Key, change: (value: Data[Key] | undefined) => Data[Key]): void {
    const state = this.#write('update()')
    const before = this.data[key]
    recordUpdate(state, key, change, before, () => (this.data[key] = change(before)))
  }

  /** Adds a message for the next page. @throws `ERR_DATA` if an argument is not text; `ERR_COMMITTED` after the commit */
  flash(category: string, message: string): void {
    const { dataState, opening } = this.#write('flash()')
    addFlash(dataState, { category, message }, opening.now)
  }

  /** Returns the messages and removes them, oldest first. @throws `ERR_COMMITTED` after the commit */
  takeFlashes(): Flash[] {
    return takeFlashes(this.#write('takeFlashes()').dataState)
  }

  /** Whether the user signed in less than this many seconds ago. Check it before an address, a password or money changes (ASVS 5.0, 7.5.1). */
  signedInWithin(seconds: number): boolean {
    const { signedInAt, opening } = this.#read()
    return signedInAt !== null && opening.now - signedInAt < seconds * 1000
  }

  /**
   * Notes that the signed-in user has proved once more who they are, and renews the session. Names are free. Those of RFC 8176
   * are a good start: `pwd` for a password, `otp` for a one-time code, `hwk` for a passkey or a security key (NIST SP 800-63B
   * calls them authenticators; OWASP calls this re-authentication, ASVS 5.0, 7.5). The eight latest methods are kept.
   *
   * @throws `ERR_OPTIONS` if `method` is not 1 to 32 letters, digits or `. : _ -`; `ERR_USER_ID` for a guest;
   * `ERR_COMMITTED` after the commit; `ERR_SESSION_UNAVAILABLE` if the session is unconfirmed
   */
  confirm(method: string): void {
    checkMethod(method)
    applyConfirmation(this.#confirmed('confirm()'), method)
  }

  /**
   * Whether the user proved who they are less than this many seconds ago, by a sign-in or by `confirm`. Check it before something
   * that matters, and ask for the proof if it is `false` (ASVS 5.0, 7.5.1; NIST SP 800-63B section 5.2).
   *
   * @param options `method` is the only method that counts, such as `totp`; without it all count
   */
  confirmedWithin(seconds: number, { method }: { method?: string | undefined } = {}): boolean {
    const { methods, opening } = this.#read()
    const isRecent = (at: number) => opening.now - at < seconds * 1000
    if (method === undefined && this.signedInWithin(seconds)) return true
    return methods.some(([name, at]) => (method === undefined || name === method) && isRecent(at))
  }

  /**
   * Throws unless the store confirmed the session in this request.
   *
   * @throws `ERR_SESSION_UNAVAILABLE` if the store does not answer; `ERR_NO_STORE` without a store
   */
  requireConfirmed(): void {
    const state = this.#read()
    if (!state.context.hasStore) throw noStoreError('confirmed')
    if (isCopy(state) || state.opening.outcome === 'unavailable') throw sessionUnavailableError(state.opening)
  }

  /** Shows a summary in `console.log`. It is no use of the session, so that a log line changes no response. */
  [inspectSymbol](_depth: number, options: object, inspect?: Inspect): unknown {
    return inspectSession(this.#state, options, inspect)
  }

  // Every other public member starts with one of five checks. This table says which errors each check throws.
  //
  // | check       | first access after commit | outcome `unavailable`     | any access after commit | unconfirmed               | members |
  // |             | `ERR_COMMITTED`           | `ERR_SESSION_UNAVAILABLE` | `ERR_COMMITTED`         | `ERR_SESSION_UNAVAILABLE` | |
  // |-------------|---------------------------|---------------------------|-------------------------|---------------------------|---------|
  // | #access     | if a cache may share it   |                           |                         |                           | `outcome` |
  // | #read       | if a cache may share it   | yes                       |                         |                           | reading any other member |
  // | #write      | yes                       | yes                       | yes                     |                           | `data =`, `update`, `flash`, `takeFlashes`, `csrfToken` if it starts a session |
  // | #confirmed  | yes                       | yes                       | yes                     | yes                       | `signIn`, `renew`, `confirm` |
  // | #changeable | yes                       |                           | yes                     |                           | `signOut`, which works during an outage |
  //
  // `signOut` makes the session a new guest, so #read and #confirmed no longer throw after it.

  #read(): SessionState {
    const state = this.#access()
    const { context, opening, signedOut } = state
    if (opening.outcome === 'unavailable' && !signedOut && context.whenUnavailable === 'throw')
      throw sessionUnavailableError(opening)
    return state
  }

  #write(member: string): SessionState {
    this.#changeable(member)
    return this.#read()
  }

  #confirmed(member: string): SessionState {
    const state = this.#write(member)
    if (isCopy(state)) throw sessionUnavailableError(state.opening)
    return state
  }

  #changeable(member: string): SessionState {
    if (this.#state.committed) throw this.#state.lateError(member)
    return this.#access()
  }

  #access(): SessionState {
    const state = this.#state
    if (state.accessed) return state
    if (!state.committed) state.onAccess?.()
    else if (!state.isUnshared) throw readTooLateError()
    state.accessed = true
    return state
  }
}
