import { writeSession, type Rotation } from '../express/rotation.ts'
import { userIdOf } from '../shared/user-of.ts'
import { isOfUser, ownerIn, stateOf, textOf } from './session-state.ts'

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
  const { settings, cookieId, canSetCookie } = state.context
  let text: string
  let rotation: Rotation | null
  try {
    text = textOf(session)
    rotation = hasNewUser(session, isLast) ? giveNewId(session) : null
  } catch (error) {
    return done(error)
  }
  const isReplacement = cookieId !== undefined && state.id !== cookieId && canSetCookie()
  writeSession(settings.store, state.id, session, rotation, (error, isRefused) => {
    if (error) return done(error)
    if (isRefused) {
      state.isRefused = true
      return done()
    }
    state.isSaved = true
    state.savedText = text
    state.owner = ownerIn(session)
    if (isReplacement && userIdOf(settings.userOf, session) !== null) settings.replacedIds.add(cookieId)
    done()
  })
}

/** Whether the user of a session is not the one whose session the store has. */
export function hasNewUser(session: object, isLast: boolean): boolean {
  const { context, owner } = stateOf(session)
  const { rotate, userOf } = context.settings
  if (!rotate || owner === undefined || context.request.session !== session || !context.canSetCookie()) return false
  const userId = userIdOf(userOf, session)
  return userId !== owner && (userId !== null || isLast)
}

function giveNewId(session: object): Rotation {
  const state = stateOf(session)
  const { settings, request, opening } = state.context
  const former = { id: state.id, signedId: state.signedId, owner: state.owner }
  const mustLive = isOfUser(session)
  state.id = settings.createId(request)
  state.signedId = settings.signer.sign(state.id)
  state.owner = undefined
  settings.store.trackSession?.(session, null, opening)
  const undo = (): void => {
    Object.assign(state, former)
    settings.store.trackSession?.(session, state.found)
  }
  return { formerId: former.id, mustLive, undo }
}
