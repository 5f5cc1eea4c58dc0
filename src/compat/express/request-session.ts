import type { LogicalTime } from '../../core/logical-time.ts'
import { userIdOf } from '../shared/user-of.ts'
import { Cookie } from './cookie.ts'
import { isSecure } from './is-secure.ts'
import type { Settings } from './options.ts'
import { createPendingCalls } from './pending-calls.ts'
import { writeSession, type Rotation } from './rotation.ts'
import type { Callback, SessionHost, SessionRequest } from './session.ts'
import { changeId, createSession, hostOf, Session, textOf } from './session.ts'
import { ownerOf } from './stored-session-store.ts'

/** The session of one request, and what is known of it. */
export interface RequestSession extends SessionHost {
  readonly request: SessionRequest
  /** The id in the request's cookie; `undefined` if it has none. */
  readonly cookieId: string | undefined
  /** Starts a session with a new id. */
  start(): void
  /** Opens the session that the store has. @throws if the values are no session's */
  open(values: object): void
  /** Whether the session has an id and is not as it was when the request started. */
  isModified(): boolean
  /** Whether the session must be saved. */
  isUnsaved(): boolean
  /**
   * Gives the session a new id if its user signed in or out, so that an id from before opens nothing. Returns `null` if the id remains.
   *
   * @param isLast whether the response is about to leave, with a cookie
   */
  rotate(isLast: boolean): Rotation | null
  /** Saves the session under its id. */
  write(session: Session, rotation: Rotation | null, callback: Callback): void
  /** Resolves when the calls of `save` have ended; `null` if none is under way. */
  waitForSaves(): Promise<void> | null
  /** Whether the session's last write was left out, because the session has ended meanwhile. */
  wasRefused(session: object): boolean
}

/**
 * Creates the session of a request. One closure, because all of its functions compare the session with what was opened.
 *
 * @param canSetCookie whether the response can still get a cookie; without one, the id must not change
 */
export function createRequestSession(
  settings: Settings,
  request: SessionRequest,
  cookieId: string | undefined,
  canSetCookie: () => boolean,
  opening: LogicalTime | undefined,
): RequestSession {
  const { store, userOf, replacedIds } = settings
  const saves = createPendingCalls()
  let originalText: string | null = null
  let savedText: string | null = null
  /** The user whose session the store has; `undefined` if the store has none. */
  let owner: string | null | undefined
  /** The values that the session was made from. */
  let found: object | null = null
  /** Whether these have a user. A streamed sign-in leaves one in a record that is a guest's. */
  let hasFoundUser = false
  /** The session whose new id was refused. */
  let refused: Session | null = null

  function replace(): void {
    request.sessionID = settings.createId(request)
    const wanted = settings.cookieOf(request)
    const cookie = new Cookie(wanted)
    if (wanted.secure === 'auto') cookie.secure = isSecure(request, settings.proxy)
    if (wanted.sameSite === 'auto') cookie.sameSite = isSecure(request, settings.proxy) ? 'none' : 'lax'
    const session = new Session(request, { cookie })
    found = null
    hasFoundUser = false
    store.trackSession?.(session, null, opening)
    request.session = session
    owner = undefined
  }

  function load(values: object): void {
    const session = createSession(request, values)
    owner = undefined
    found = values
    // Before a handler changes an object of these values.
    hasFoundUser = userIdOf(userOf, values) !== null
    store.trackSession?.(session, values)
    owner = ownerIn(session)
  }

  /** Returns the user whose session the store has. Only Sojourn's stores know that by themselves. */
  function ownerIn(session: Session): string | null {
    const recordOwner = ownerOf(session)
    if (recordOwner !== undefined) return recordOwner
    return owner === undefined ? userIdOf(userOf, session) : owner
  }

  const host: RequestSession = {
    request,
    cookieId,

    replace,

    start() {
      replace()
      originalText = textOf(request.session)
    },

    open(values) {
      load(values)
      originalText = textOf(request.session)
      if (!settings.resave) savedText = originalText
    },

    load(values) {
      load(values)
      savedText = textOf(request.session)
    },

    isModified: () => textOf(request.session) !== originalText,

    isUnsaved() {
      const isNew = cookieId !== request.sessionID && savedText === null
      return isNew && !settings.saveUninitialized ? host.isModified() : textOf(request.session) !== savedText
    },

    rotate(isLast) {
      const { session } = request
      if (!settings.rotate || owner === undefined || !session || session === refused) return null
      if (!isLast && !canSetCookie()) return null
      const userId = userIdOf(userOf, session)
      // A sign-out is usually followed by another save or `regenerate`, so only the last save changes the id.
      if (userId === owner || (userId === null && !isLast)) return null
      const former = { id: session.id, owner }
      changeId(session, settings.createId(request))
      store.trackSession?.(session, null, opening)
      const undo = (): void => {
        changeId(session, former.id)
        store.trackSession?.(session, found)
        owner = former.owner
      }
      owner = undefined
      return { formerId: former.id, mustLive: former.owner !== null || hasFoundUser, undo }
    },

    write(session, rotation, callback) {
      const { id } = session
      const isReplacement = cookieId !== undefined && id !== cookieId && (rotation !== null || canSetCookie())
      const text = textOf(session)
      savedText = text
      writeSession(store, id, session, rotation, (error, isRefused) => {
        if (error) {
          if (savedText === text) savedText = null
          return callback(error)
        }
        if (isRefused) {
          refused = session
          savedText = textOf(session)
          return callback()
        }
        if (session === request.session) owner = ownerIn(session)
        if (isReplacement && userIdOf(userOf, session) !== null) replacedIds.add(cookieId!)
        callback()
      })
    },

    waitForSaves: saves.wait,

    wasRefused: (session) => session === refused || settings.wasRefused(session),

    save(session, callback) {
      const done = saves.track(callback)
      if (session === request.session) host.write(session, host.rotate(false), done)
      else store.set(session.id, session, done)
    },

    regenerate(callback) {
      store.destroy(request.sessionID, (error) => {
        replace()
        callback(error)
      })
    },
  }
  hostOf.set(request, host)
  return host
}
