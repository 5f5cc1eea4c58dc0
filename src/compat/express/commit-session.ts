import { emptyCommit, type CommitResult } from '../../request/commit.ts'
import { userIdOf } from '../shared/user-of.ts'
import { isSecure, warnOfMissingCookie } from './is-secure.ts'
import type { Settings } from './options.ts'
import type { RequestSession } from './request-session.ts'
import type { Rotation } from './rotation.ts'
import type { Callback } from './session.ts'
import { signId } from './signed-cookies.ts'
import type { SigningSecret } from '../shared/signature.ts'

/** The commit of a request's session. */
export interface SessionCommit {
  /** Saves the session, and resolves to its cookie. Call it before the first header leaves. @throws the store's error */
  commit(): CommitResult | Promise<CommitResult>
  /** Saves what was changed after the commit, as by a streamed response, and then calls back. */
  finish(callback: () => void): void
}

/**
 * Creates the commit of a request's session. One closure, because its steps share what was done before.
 *
 * @param report gets errors that must not replace the response
 */
export function createSessionCommit(
  settings: Settings,
  host: RequestSession,
  secrets: readonly SigningSecret[],
  report: (error: unknown) => void,
): SessionCommit {
  const { store, saveErrors } = settings
  const { request, cookieId } = host
  let isCommitted = false
  let isPlanned = false
  let isRotated = false
  let isTouched = false
  let hasFailed = false
  let isDestroyed = false
  const hadReplacedId = isIdReplaced()

  const hasId = (): boolean => typeof request.sessionID === 'string'
  function isIdReplaced(): boolean {
    return cookieId !== undefined && cookieId !== request.sessionID && settings.replacedIds.has(cookieId)
  }

  /** Whether this is a guest's session that must get no cookie, because a sign-in has replaced the id of the request just before or meanwhile. */
  const isStray = (): boolean =>
    // A user's session that becomes a guest's is none: the request takes its sign-in back.
    !isRotated && (hadReplacedId || isIdReplaced()) && userIdOf(settings.userOf, request.session) === null
  const isRemoved = (): boolean => settings.isDestroyedByUnset && !isDestroyed && hasId() && request.session == null

  function touchOnce(): void {
    if (!isTouched) request.session.touch()
    isTouched = true
  }

  function wantsCookie(): boolean {
    if (!hasId() || isStray()) return false
    if (cookieId !== request.sessionID) return settings.saveUninitialized || host.isModified()
    return settings.rolling || (request.session.cookie.expires != null && host.isModified())
  }

  function createCookies(): string[] {
    const { session } = request
    if (!session || !wantsCookie()) return []
    if (session.cookie.secure && !isSecure(request, settings.proxy)) {
      warnOfMissingCookie()
      return []
    }
    touchOnce()
    try {
      return [session.cookie.serialize(settings.name, signId(request.sessionID, secrets[0]!))]
    } catch (error) {
      report(error)
      return []
    }
  }

  /** Returns how to save or end the session; `null` if there is nothing to do. */
  function planKeep(rotation: Rotation | null): ((callback: Callback) => void) | null {
    const { session, sessionID } = request
    if (!session) {
      if (!isRemoved()) return null
      isDestroyed = true
      return (callback) => store.destroy(sessionID, callback)
    }
    touchOnce()
    if (!hasId() || isStray()) return null
    if (rotation !== null || host.isUnsaved()) return (callback) => host.write(session, rotation, callback)
    if (typeof store.touch !== 'function' || cookieId !== sessionID) return null
    // The next request records its own use, so the response need not fail.
    return (callback) =>
      store.touch!(sessionID, session, (error) => callback(saveErrors === 'after' ? error : undefined))
  }

  function resultOf(cookies: string[]): CommitResult {
    const { session } = request
    // The session has ended meanwhile, so its cookie must not be sent again.
    if (cookies.length === 0 || (session != null && host.wasRefused(session))) return emptyCommit
    return { cookies, isPrivate: settings.cacheHeaders }
  }

  function commitNow(): CommitResult | Promise<CommitResult> {
    isPlanned = true
    // The new id first, because the cookie has it.
    const rotation = request.session ? host.rotate(true) : null
    isRotated = rotation !== null
    const isNewId = cookieId !== request.sessionID
    const cookies = createCookies()
    const keep = planKeep(rotation)
    if (keep === null) return resultOf(cookies)
    return new Promise((resolve, reject) => {
      keep((error) => {
        hasFailed = Boolean(error)
        if (error && saveErrors === 'before') return reject(error)
        if (error) report(error)
        // The cookie of a session that is not stored would replace a good one.
        resolve(error && isNewId ? emptyCommit : resultOf(cookies))
      })
    })
  }

  return {
    commit() {
      // The response to an error, after the first commit failed, changes no cookie.
      if (isCommitted) return emptyCommit
      isCommitted = true
      // A save that fails takes the new id of the session back.
      const saving = host.waitForSaves()
      return saving === null ? commitNow() : saving.then(commitNow)
    },

    finish(callback) {
      const { session } = request
      const isChanged = session ? hasId() && host.isUnsaved() : isRemoved()
      if (!isPlanned || hasFailed || !isChanged) return callback()
      const done = (error?: unknown): void => {
        if (error) report(error)
        callback()
      }
      if (!session) store.destroy(request.sessionID, done)
      else host.save(session, done)
    },
  }
}
