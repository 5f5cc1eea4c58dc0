import { userIdOf } from '../shared/user-of.ts'
import { ownerIn, stateOf, textOf } from './session-state.ts'

/** A session, which has its values and its cookie. */
interface SavedSession {
  readonly cookie: unknown
}

/**
 * Saves a session. If its user signed in or out, it gets a new id first, so that an id from before opens nothing.
 *
 * @param isLast whether the response follows. A sign-out may be followed by `regenerate`, so only the last save changes the id
 */
export function saveSession(session: SavedSession, isLast: boolean, done: (error?: any) => void): void {
  const state = stateOf(session)
  const { store } = state.host.settings
  let text: string
  try {
    text = textOf(session)
  } catch (error) {
    return done(error)
  }
  const former = { id: state.id, signedId: state.signedId, owner: state.owner }
  const isRotated = hasNewUser(session, isLast)
  if (isRotated) giveNewId(session)
  store.set(state.id, session, (error) => {
    if (error) {
      if (isRotated) {
        Object.assign(state, former)
        store.trackSession?.(session, state.found)
      }
      return done(error)
    }
    state.isSaved = true
    state.savedText = text
    state.owner = ownerIn(session)
    if (isRotated) store.destroy(former.id, done)
    else done()
  })
}

/** Whether the user of a session is not the one whose session the store has. */
export function hasNewUser(session: object, isLast: boolean): boolean {
  const { host, owner } = stateOf(session)
  const { rotate, userOf } = host.settings
  if (!rotate || owner === undefined || host.request.session !== session || !host.canSetCookie()) return false
  const userId = userIdOf(userOf, session)
  return userId !== owner && (userId !== null || isLast)
}

function giveNewId(session: object): void {
  const state = stateOf(session)
  const { settings, request, opening } = state.host
  state.id = settings.createId(request)
  state.signedId = settings.signer.sign(state.id)
  state.owner = undefined
  settings.store.trackSession?.(session, null, opening)
}
