import type { ServerResponse } from 'node:http'
import { emptyCommit, type CommitResult } from '../../request/commit.ts'
import { userIdOf } from '../shared/user-of.ts'
import type { MaybePromise } from '../../util/maybe-promise.ts'
import { formatCookie, isIdReplaced, needsCookie } from './commit-cookie.ts'
import type { Settings } from './options.ts'
import type { RequestSession } from './request-session.ts'
import { resultOf } from './result-of.ts'
import type { Rotation } from './rotation.ts'
import { textOf, type Callback } from './session.ts'
import type { SigningSecret } from '../shared/signature.ts'

/** The commit of a request's session. A class, because each request has one. */
export class SessionCommit {
  readonly #settings: Settings
  readonly #context: RequestSession
  readonly #secrets: readonly SigningSecret[]
  readonly #response: ServerResponse
  readonly #next: Callback
  #isCommitted = false
  #isPlanned = false
  #isRotated = false
  #isTouched = false
  #hasFailed = false
  #isDestroyed = false
  /** Whether the session's last use is being written. */
  isTouching = false
  #afterTouch: (() => void) | null = null
  readonly #hadReplacedId: boolean

  /** @param next gets errors that must not replace the response */
  constructor(
    settings: Settings,
    context: RequestSession,
    secrets: readonly SigningSecret[],
    response: ServerResponse,
    next: Callback,
  ) {
    this.#settings = settings
    this.#context = context
    this.#secrets = secrets
    this.#response = response
    this.#next = next
    this.#hadReplacedId = isIdReplaced(settings, context)
  }

  /** Saves the session, and resolves to its cookie. Call it before the first header leaves. @throws the store's error */
  commit(): MaybePromise<CommitResult> {
    // The response to an error, after the first commit failed, changes no cookie.
    if (this.#isCommitted) return emptyCommit
    this.#isCommitted = true
    // A save that fails takes the new id of the session back.
    return this.#context.waitForSaves()?.then(() => this.#commitNow()) ?? this.#commitNow()
  }

  /** Saves what was changed after the commit, as by a streamed response, and then calls back. */
  finish(callback: () => void): void {
    if (this.isTouching) return void (this.#afterTouch = () => this.finish(callback))
    const context = this.#context
    const { session, sessionID } = context.request
    const isChanged = session ? this.#hasId() && context.isUnsaved(textOf(session)) : this.#isRemoved()
    if (!this.#isPlanned || this.#hasFailed || !isChanged) return callback()
    const done = (error?: unknown): void => {
      if (error) this.#report(error)
      callback()
    }
    if (!session) this.#settings.store.destroy(sessionID, done)
    else context.save(session, done)
  }

  #report(late: unknown): void {
    setImmediate(this.#next, late)
  }

  #hasId(): boolean {
    return typeof this.#context.request.sessionID === 'string'
  }

  /** Whether this is a guest's session that must get no cookie, because a sign-in has replaced the id of the request just before or meanwhile. */
  #isStray(): boolean {
    // A user's session that becomes a guest's is none: the request takes its sign-in back.
    if (this.#isRotated || !(this.#hadReplacedId || isIdReplaced(this.#settings, this.#context))) return false
    return userIdOf(this.#settings.userOf, this.#context.request.session) === null
  }

  #isRemoved(): boolean {
    const { isDestroyedByUnset } = this.#settings
    return isDestroyedByUnset && !this.#isDestroyed && this.#hasId() && this.#context.request.session == null
  }

  #touchOnce(): void {
    if (!this.#isTouched) this.#context.request.session.touch()
    this.#isTouched = true
  }

  #createCookies(text: string): readonly string[] {
    const { request } = this.#context
    const isSent = request.session && this.#hasId() && !this.#isStray()
    if (!isSent || !needsCookie(this.#settings, this.#context, text)) return []
    this.#touchOnce()
    try {
      return [formatCookie(request, this.#settings.name, this.#secrets[0]!)]
    } catch (error) {
      this.#report(error)
      return []
    }
  }

  /** Decides how to save or end the session: what to do, `'touch'`, or `null` if there is nothing to do. */
  #planKeep(rotation: Rotation | null, text: string): ((callback: Callback) => void) | 'touch' | null {
    const context = this.#context
    const { session, sessionID } = context.request
    if (!session) {
      if (!this.#isRemoved()) return null
      this.#isDestroyed = true
      return (callback) => this.#settings.store.destroy(sessionID, callback)
    }
    this.#touchOnce()
    if (!this.#hasId() || this.#isStray()) return null
    if (rotation !== null || context.isUnsaved(text))
      return (callback) => context.write(session, text, rotation, callback, true)
    return !this.#settings.store.touch || context.cookieId !== sessionID ? null : 'touch'
  }

  #touch(callback: Callback): void {
    const { store, saveErrors } = this.#settings
    const { session, sessionID } = this.#context.request
    // The next request records its own use, so the response need not fail.
    store.touch!(sessionID, session, (error) => callback(saveErrors === 'after' ? error : undefined), true)
  }

  /** Writes the last use before the response ends. Its headers do not depend on that, and to hold them takes longer. */
  #touchBeforeEnd(): void {
    let isDone = false
    this.#touch((error) => {
      if (isDone) return
      isDone = true
      this.isTouching = false
      this.#hasFailed = Boolean(error)
      if (error) this.#report(error)
      this.#afterTouch?.()
    })
    this.isTouching = !isDone
  }

  #resultOf(cookies: readonly string[]): CommitResult {
    const { session } = this.#context.request
    // The session has ended meanwhile, so its cookie must not be sent again.
    if (cookies.length === 0 || (session != null && this.#context.wasRefused(session))) return emptyCommit
    return { cookies, isPrivate: this.#settings.cacheHeaders }
  }

  #commitNow(): MaybePromise<CommitResult> {
    this.#isPlanned = true
    const context = this.#context
    // The new id first, because the cookie has it.
    const rotation = context.request.session ? context.rotate(true) : null
    this.#isRotated = rotation !== null
    // Once for all, because it takes a microsecond.
    const text = context.request.session && textOf(context.request.session)
    const cookies = this.#createCookies(text)
    const keep = this.#planKeep(rotation, text)
    if (keep === null) return this.#resultOf(cookies)
    // The headers can leave before the end only if the response has a length.
    if (keep !== 'touch' || cookies.length > 0 || !this.#response.hasHeader('Content-Length'))
      return this.#waitFor(keep === 'touch' ? (callback) => this.#touch(callback) : keep, cookies)
    this.#touchBeforeEnd()
    return emptyCommit
  }

  #waitFor(keep: (callback: Callback) => void, cookies: readonly string[]): MaybePromise<CommitResult> {
    const isNewId = this.#context.cookieId !== this.#context.request.sessionID
    return resultOf((settle) =>
      keep((error) => {
        this.#hasFailed = Boolean(error)
        if (error && this.#settings.saveErrors === 'before') return settle(error)
        if (error) this.#report(error)
        // The cookie of a session that is not stored would replace a good one.
        settle(null, error && isNewId ? emptyCommit : this.#resultOf(cookies))
      }),
    )
  }
}
