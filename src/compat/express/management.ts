import { noStoreError } from '../../core/errors.ts'
import { isStored } from './memory-store.ts'
import type { Session } from './session.ts'
import type { Store } from './store.ts'
import { listIdOf, type StoredSessionStore } from './stored-session-store.ts'

/** The functions that manage a user's sessions. */
export interface Management extends Pick<StoredSessionStore, 'list' | 'revoke' | 'revokeAll'> {
  /** Returns the id that a session has in lists; `null` if it was not saved yet. */
  idOf(session: Session): string | null
}

/** Creates the functions that manage a user's sessions. They reject with `ERR_NO_STORE` if the store is not one of Sojourn's. */
export function createManagement(store: Store): Management {
  if (isStored(store)) {
    const { list, revoke, revokeAll } = store
    return { list, revoke, revokeAll, idOf: listIdOf }
  }
  const reject = async (): Promise<never> => {
    throw noStoreError('listed or revoked')
  }
  return { list: reject, revoke: reject, revokeAll: reject, idOf: () => null }
}
