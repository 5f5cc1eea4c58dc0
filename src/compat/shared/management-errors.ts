import { optionsError, SojournError } from '../../core/errors.ts'

/** Error for a list or a revocation if the store is not one of Sojourn, because only these know a user's sessions. */
export const noListsError = (): SojournError =>
  new SojournError(
    'ERR_NO_STORE',
    'list, revoke and revokeAll need a store of Sojourn, such as redisStore(…), in the option store.',
  )

/** Error for `revokeAll` if `except` is no session that can be kept. */
export const notSparedError = (): SojournError =>
  optionsError(
    "revokeAll spares only a saved session of the user whose sessions it ends. Pass the request's session as except, after its sign-in was saved.",
  )
