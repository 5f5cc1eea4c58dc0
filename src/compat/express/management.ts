import type { Revocation, RevocationOfAll } from '../../repository/revocation.ts'
import type { SessionInfo } from '../../stores/store.ts'
import { noListsError } from '../shared/management-errors.ts'
import { isStored } from './memory-store.ts'
import type { Store } from './store.ts'
import { listIdOf } from './stored-session-store.ts'

/** The functions that manage the sessions of a user. They reject with `ERR_NO_STORE` if the store is not one of Sojourn. */
export interface SessionManagement {
  /** Lists a user's live sessions, most recently used first. @throws `ERR_SESSION_UNAVAILABLE` */
  list(userId: string): Promise<SessionInfo[]>
  /** Ends one session of a user. The id of another user's session ends nothing, so it may come from a form without a check. @throws `ERR_SESSION_UNAVAILABLE` */
  revoke(userId: string, id: string): Promise<Revocation>
  /**
   * Ends all sessions of a user in one step, including sign-ins in progress.
   *
   * @param options `except` is a session to keep, such as `req.session`
   * @throws `ERR_OPTIONS` if `except` is not a saved session of the user; `ERR_SESSION_UNAVAILABLE`
   */
  revokeAll(userId: string, options?: { readonly except?: object | undefined }): Promise<RevocationOfAll>
  /** Returns the id that a session has in lists, which does not open it; `null` if it was not saved yet. */
  idOf(session: object): string | null
}

/** Creates the functions that manage a user's sessions. They reject with `ERR_NO_STORE` if the store is not one of Sojourn's. */
export function createManagement(store: Store): SessionManagement {
  if (isStored(store)) {
    const { list, revoke, revokeAll } = store
    return { list, revoke, revokeAll, idOf: listIdOf }
  }
  const reject = async (): Promise<never> => {
    throw noListsError()
  }
  return { list: reject, revoke: reject, revokeAll: reject, idOf: () => null }
}
