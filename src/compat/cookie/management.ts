import { noStoreError, optionsError } from '../../core/errors.ts'
import type { Revocation, RevocationOfAll } from '../../repository/revocation.ts'
import type { Sessions } from '../../sessions.ts'
import type { SessionInfo } from '../../stores/store.ts'
import { cookiesOf } from './request-session.ts'

/** The functions that manage a user's sessions. They reject with `ERR_NO_STORE` without a store. */
export interface Management {
  list(userId: string): Promise<SessionInfo[]>
  revoke(userId: string, id: string): Promise<Revocation>
  revokeAll(userId: string, options?: { readonly except?: object | undefined }): Promise<RevocationOfAll>
  /** Returns the id that a session has in lists; `null` if it was not saved yet, or there is no store. */
  idOf(session: object): string | null
}

export function createManagement(sessions: Sessions<any> | null): Management {
  const reject = async (): Promise<never> => {
    throw noStoreError('listed or revoked')
  }
  if (sessions === null) return { list: reject, revoke: reject, revokeAll: reject, idOf: () => null }
  return {
    list: sessions.list,
    revoke: sessions.revoke,
    async revokeAll(userId, { except } = {}) {
      if (except === undefined) return sessions.revokeAll(userId)
      const session = cookiesOf.get(except)?.session
      if (session === undefined || session.userId !== userId)
        throw optionsError(
          'revokeAll spares only a saved session of the user whose sessions it ends. The session in except is not.',
        )
      return sessions.revokeAll(userId, { except: session })
    },
    idOf: (session) => cookiesOf.get(session)?.session?.id ?? null,
  }
}
