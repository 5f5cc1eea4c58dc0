import type { ServerResponse } from 'node:http'
import type { LogicalTime } from '../../core/logical-time.ts'
import { userIdOf } from '../shared/user-of.ts'
import { Cookie } from './cookie.ts'
import { isSecure } from './is-secure.ts'
import type { Settings } from './options.ts'
import { createPendingCalls } from './pending-calls.ts'
import { writeSession, type Rotation } from './rotation.ts'
import type { Callback, SessionContext, SessionRequest } from './session.ts'
import { changeId, createSession, contextOf, Session, textOf } from './session.ts'
import { ownerOf } from './stored-session-store.ts'

/**
 * The session of one request, and what is known of it. A class, because each request has one, and a dozen closures for each took longer
 * than to read the session.
 */
export class RequestSession implements SessionContext {
  readonly request: SessionRequest
  /** The id in the request's cookie; `undefined` if it has none. */
  readonly cookieId: string | undefined
  readonly #settings: Settings
  readonly #response: ServerResponse | null
  readonly #opening: LogicalTime | undefined
  #saves: ReturnType<typeof createPendingCalls> | null = null
  #originalText: string | null = null
  #savedText: string | null = null
  /** The user whose session the store has; `undefined` if the store has none. */
  #owner: string | null | undefined = undefined
  /** The values that the session was made from. */
  #found: object | null = null
  /** Whether these have a user. A streamed sign-in leaves one in a record that is a guest's. */
  #hasFoundUser = false
  /** The session whose new id was refused. */
  #refused: Session | null = null

  /** @param response `null` if it cannot get a cookie; without one, the id must not change */
  constructor(
    settings: Settings,
    request: SessionRequest,
    response: ServerResponse | null,
    cookieId: string | undefined,
    opening: LogicalTime | undefined,
  ) {
    this.request = request
    this.cookieId = cookieId
    this.#settings = settings
    this.#response = response
    this.#opening = opening
    contextOf.set(request, this)
  }

  replace(): void {
    const settings = this.#settings
    const { request } = this
    request.sessionID = settings.createId(request)
    const wanted = settings.cookieOf(request)
    const cookie = new Cookie(wanted)
    if (wanted.secure === 'auto') cookie.secure = isSecure(request, settings.proxy)
    if (wanted.sameSite === 'auto') cookie.sameSite = isSecure(request, settings.proxy) ? 'none' : 'lax'
    const session = new Session(request, { cookie })
    this.#found = null
    this.#hasFoundUser = false
    settings.store.trackSession?.(session, null, this.#opening)
    request.session = session
    this.#owner = undefined
  }

  /** Starts a session with a new id. */
  start(): void {
    this.replace()
    this.#originalText = textOf(this.request.session)
  }

  /** Opens the session that the store has. @throws if the values are no session's */
  open(values: object): void {
    this.#load(values)
    this.#originalText = textOf(this.request.session)
    if (!this.#settings.resave) this.#savedText = this.#originalText
  }

  load(values: object): void {
    this.#load(values)
    this.#savedText = textOf(this.request.session)
  }

  #load(values: object): void {
    const { store, userOf } = this.#settings
    const session = createSession(this.request, values)
    this.#owner = undefined
    this.#found = values
    // Before a handler changes an object of these values.
    this.#hasFoundUser = userIdOf(userOf, values) !== null
    store.trackSession?.(session, values)
    this.#owner = this.#ownerIn(session)
  }

  /** Returns the user whose session the store has. Only Sojourn's stores know that by themselves. */
  #ownerIn(session: Session): string | null {
    const recordOwner = ownerOf(session)
    if (recordOwner !== undefined) return recordOwner
    return this.#owner === undefined ? userIdOf(this.#settings.userOf, session) : this.#owner
  }

  /** Whether the session, whose text is given, has an id and is not as it was when the request started. */
  isModified(text: string): boolean {
    return text !== this.#originalText
  }

  /** Whether the session, whose text is given, must be saved. */
  isUnsaved(text: string): boolean {
    const isNew = this.cookieId !== this.request.sessionID && this.#savedText === null
    if (isNew && !this.#settings.saveUninitialized) return this.isModified(text)
    return text !== this.#savedText
  }

  /**
   * Gives the session a new id if its user signed in or out, so that an id from before opens nothing. Returns `null` if the id remains.
   *
   * @param isLast whether the response is about to leave, with a cookie
   */
  rotate(isLast: boolean): Rotation | null {
    const settings = this.#settings
    const { session } = this.request
    if (!settings.rotate || this.#owner === undefined || !session || session === this.#refused) return null
    if (!isLast && !this.#canSetCookie()) return null
    const userId = userIdOf(settings.userOf, session)
    // A sign-out is usually followed by another save or `regenerate`, so only the last save changes the id.
    if (userId === this.#owner || (userId === null && !isLast)) return null
    const former = { id: session.id, owner: this.#owner }
    changeId(session, settings.createId(this.request))
    settings.store.trackSession?.(session, null, this.#opening)
    const undo = (): void => {
      changeId(session, former.id)
      settings.store.trackSession?.(session, this.#found)
      this.#owner = former.owner
    }
    this.#owner = undefined
    return { formerId: former.id, mustLive: former.owner !== null || this.#hasFoundUser, undo }
  }

  /** Saves the session under its id. @param isNow whether `callback` may be called before this returns */
  write(session: Session, text: string, rotation: Rotation | null, callback: Callback, isNow = false): void {
    const { store, userOf, replacedIds } = this.#settings
    const { cookieId } = this
    const isNewId = cookieId !== undefined && session.id !== cookieId && (rotation !== null || this.#canSetCookie())
    this.#savedText = text
    const written = (error: unknown, isRefused?: boolean): void => {
      if (error) {
        if (this.#savedText === text) this.#savedText = null
        return callback(error)
      }
      if (isRefused) {
        this.#refused = session
        this.#savedText = textOf(session)
        return callback()
      }
      if (session === this.request.session) this.#owner = this.#ownerIn(session)
      if (isNewId && userIdOf(userOf, session) !== null) replacedIds.add(cookieId)
      callback()
    }
    writeSession(store, session.id, session, rotation, written, isNow)
  }

  #canSetCookie(): boolean {
    return typeof this.#response?.end === 'function' && !this.#response.headersSent
  }

  /** Resolves when the calls of `save` have ended; `null` if none is under way. */
  waitForSaves(): Promise<void> | null {
    return this.#saves === null ? null : this.#saves.wait()
  }

  /** Whether the session's last write was left out, because the session has ended meanwhile. */
  wasRefused(session: object): boolean {
    return session === this.#refused || this.#settings.wasRefused(session)
  }

  save(session: Session, callback: Callback): void {
    this.#saves ??= createPendingCalls()
    const done = this.#saves.track(callback)
    if (session !== this.request.session) return this.#settings.store.set(session.id, session, done)
    const rotation = this.rotate(false)
    this.write(session, textOf(session), rotation, done)
  }

  regenerate(callback: Callback): void {
    this.#settings.store.destroy(this.request.sessionID, (error) => {
      this.replace()
      callback(error)
    })
  }
}
