import type { Sessions } from '../../sessions.ts'
import type { SessionManagement } from '../express/management.ts'
import { noListsError, notSparedError } from '../shared/management-errors.ts'
import { cookiesOf } from './request-session.ts'

/** Creates the functions that manage a user's sessions. They reject with `ERR_NO_STORE` without a store. */
export function createManagement(sessions: Sessions<any> | null): SessionManagement {
  const reject = async (): Promise<never> => {
    throw noListsError()
  }
  if (sessions === null) return { list: reject, revoke: reject, revokeAll: reject, idOf: () => null }
  return {
    list: sessions.list,
    revoke: sessions.revoke,
    async revokeAll(userId, { except } = {}) {
      if (except === undefined) return sessions.revokeAll(userId)
      const session = cookiesOf.get(except)?.session
      if (session === undefined) throw notSparedError()
      return sessions.revokeAll(userId, { except: session })
    },
    idOf: (session) => cookiesOf.get(session)?.session?.id ?? null,
  }
}
