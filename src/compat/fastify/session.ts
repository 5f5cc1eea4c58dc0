import { ownerOf } from '../express/stored-session-store.ts'
import { userIdOf } from '../shared/user-of.ts'
import { Cookie } from './cookie.ts'
import type { CookieSettings } from './host.ts'
import { endFormer } from '../express/rotation.ts'
import { saveSession } from './save-session.ts'
import {
  isOfUser,
  keepState,
  ownerIn,
  stateOf,
  textOf,
  type SessionContext,
  type SessionState,
} from './session-state.ts'

type Callback = (error?: any) => void

/** The session of a request: `request.session`. Its methods call back, or return a promise if they get no callback. */
export class Session {
  declare cookie: Cookie;
  [key: string]: any

  /**
   * @param found the values that the store has; `null` for a new session
   * @param id their id
   * @param settings the attributes of the cookie, if not those of the request
   */
  constructor(context: SessionContext, found: object | null, id?: string, settings: CookieSettings = context.cookie) {
    const sessionId = id ?? context.settings.createId(context.request)
    const values = Object.entries(found ?? {})
    const stored = plainCookie((found as { cookie?: unknown } | null)?.cookie)
    this.cookie = new Cookie({ ...settings, ...stored }, context.request)
    for (const [key, value] of values) if (!(key in this)) this[key] = value
    const state: SessionState = {
      context,
      id: sessionId,
      signedId: context.settings.signer.sign(sessionId),
      cookieSettings: renewedSettings({ ...settings, ...stored }),
      found,
      // Now, because a handler may change an object in these values.
      hadUser: found !== null && userIdOf(context.settings.userOf, found) !== null,
      savedText: '',
      isSaved: false,
      owner: undefined,
      isRefused: false,
    }
    keepState(this, state)
    state.savedText = textOf(this)
    context.settings.store.trackSession?.(this, found, context.opening)
    if (found !== null) state.owner = ownerIn(this)
  }

  get sessionId(): string {
    return stateOf(this).id
  }

  /** The signed id, as it is in the cookie behind the prefix. */
  get encryptedSessionId(): string {
    return stateOf(this).signedId
  }

  get(key: string): any {
    return this[key]
  }

  set(key: string, value: unknown): void {
    this[key] = value
  }

  /** Changes attributes of the cookie, also for the session that `regenerate` makes. */
  options(options: CookieSettings): void {
    const state = stateOf(this)
    if (Object.keys(options).length === 0) return
    state.cookieSettings = { ...state.cookieSettings, ...options }
    this.cookie = new Cookie(state.cookieSettings, state.context.request)
  }

  /** Starts the life of the cookie again. */
  touch(): void {
    const { cookie } = this
    if (cookie.originalMaxAge) cookie.expires = new Date(Date.now() + cookie.originalMaxAge)
  }

  /** Whether the values differ from what the store has, or from those of a new session. */
  isModified(): boolean {
    return stateOf(this).savedText !== textOf(this)
  }

  isSaved(): boolean {
    return stateOf(this).isSaved
  }

  /** Saves the session now. Without a call, it is saved when the response starts. */
  save(callback?: Callback): Promise<void> | undefined {
    return answer(callback, (done) => saveSession(this, false, done))
  }

  /**
   * Ends the session, and starts a new one with another id.
   *
   * @param keys the names of values that the new one keeps. If the session has ended meanwhile, it keeps none
   */
  regenerate(keys?: readonly string[] | Callback, callback?: Callback): Promise<void> | undefined {
    const { context, id, owner, cookieSettings } = stateOf(this)
    const { store } = context.settings
    const next = new Session(context, null, undefined, cookieSettings)
    const kept: readonly string[] = Array.isArray(keys) ? keys : []
    for (const key of kept) next[key] = this[key]
    return answer(typeof keys === 'function' ? keys : callback, (done) => {
      const start = (failure?: unknown): void =>
        store.set(next.sessionId, next, (error) => {
          context.request.session = next
          if (!error) {
            stateOf(next).owner = ownerIn(next)
            // No other request can know the id yet, so the next write need not read first. Stores of Sojourn never do.
            if (ownerOf(next) === undefined) store.trackSession?.(next, null, context.opening)
          }
          done(failure || error)
        })
      // A guest who signs in opens nothing of the former session, so that one may have ended.
      const isSignIn = !isOfUser(this) && userIdOf(context.settings.userOf, next) !== null
      if (kept.length === 0 || owner === undefined || isSignIn) return store.destroy(id, start)
      endFormer(store, { formerId: id, mustLive: true }, (failure, wasLive) => {
        if (failure) return done(failure)
        if (!wasLive) for (const key of kept) delete next[key]
        start()
      })
    })
  }

  /** Ends the session. `request.session` is `null` then. */
  destroy(callback?: Callback): Promise<void> | undefined {
    const { context, id } = stateOf(this)
    return answer(callback, (done) => {
      context.settings.store.destroy(id, (error) => {
        context.request.session = null
        done(error)
      })
    })
  }

  /** Reads the session again, and replaces `request.session`: by a new session if this one is over. */
  reload(callback?: Callback): Promise<void> | undefined {
    const { context, id, cookieSettings } = stateOf(this)
    return answer(callback, (done) => {
      context.settings.store.get(id, (error, found) => {
        if (error) return done(error)
        // A new id, because an ended session must not come back.
        context.request.session = new Session(context, found ?? null, found ? id : undefined, cookieSettings)
        done(null)
      })
    })
  }
}

function plainCookie(cookie: any): CookieSettings {
  return typeof cookie?.toJSON === 'function' ? cookie.toJSON() : cookie
}

/** Returns the attributes for a cookie that starts its life again. */
function renewedSettings({ originalMaxAge, originalExpires: _, expires, ...settings }: CookieSettings): CookieSettings {
  if (originalMaxAge != null) return { ...settings, expires, maxAge: originalMaxAge }
  const isOver = expires != null && !(new Date(expires).valueOf() > Date.now())
  return isOver ? settings : { ...settings, expires }
}

/** Does work that calls back: to the given callback, or to a promise. At once if the store answers at once. */
function answer(callback: Callback | undefined, work: (done: Callback) => void): Promise<void> | undefined {
  if (callback) return void work(callback)
  return new Promise((resolve, reject) => {
    work((error) => {
      if (error) reject(error)
      else resolve()
    })
  })
}
