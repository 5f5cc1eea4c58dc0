import type { ForeignSessions } from '../cookies/foreign.ts'
import { optionsError } from '../core/errors.ts'
import { decodeCookieValue } from './shared/cookie-values.ts'
import { createReader } from './shared/create-reader.ts'
import { createSettleSteps, isPlausibleId, type EndingStore } from './shared/foreign-store.ts'
import type { ReaderOptions } from './shared/reader-options.ts'

/** A session of Lucia, with its user, as an adapter returns them. */
export interface LuciaSession {
  /** The row of the session. */
  readonly session: { readonly id: string; readonly userId: any; readonly expiresAt: Date; readonly attributes?: any }
  /** The row of the user. */
  readonly user: any
}

/** The part of Lucia's adapters that is used. */
export interface LuciaAdapter {
  /** Finds a session by the id in its cookie. */
  getSessionAndUser(sessionId: string): Promise<readonly [session: LuciaSession['session'] | null, user: any]>
  /** Removes a session. Does nothing if there is none. */
  deleteSession(sessionId: string): Promise<unknown>
  /** Changes when a session expires. @default it expires when Lucia decided */
  updateSessionExpiration?(sessionId: string, expiresAt: Date): Promise<unknown>
}

/** Options of {@link fromLucia}. */
export interface FromLuciaOptions extends ReaderOptions<LuciaSession> {
  /** The adapter that Lucia has, or an object with these functions. */
  adapter: LuciaAdapter
}

/**
 * Adopts sessions of Lucia 3: `createSessions({ accept: [fromLucia({ adapter, user: ({ session }) => session.userId })] })`. No
 * data is kept without `dataOf`, because a row has nothing that an application has put there.
 *
 * A sign-out here deletes the session there. A copy of the cookie opens nothing after that. Otherwise it opens its session
 * until the row expires. After an adoption that is `idleTimeout` later at the latest or, with `keepCookie`, `absoluteTimeout`
 * later.
 *
 * `absoluteTimeout` counts from the adoption, because Lucia does not record when a session began. `revokeAll` therefore refuses
 * all sessions of its user that were not adopted before it, even from a later sign-in there, for one absolute timeout.
 *
 * @throws `ERR_OPTIONS`
 */
export function fromLucia(options: FromLuciaOptions): ForeignSessions {
  const { adapter } = options
  if (typeof adapter?.getSessionAndUser !== 'function' || typeof adapter.deleteSession !== 'function')
    throw optionsError("fromLucia needs the option adapter: Lucia's own, with getSessionAndUser and deleteSession.")

  return createReader<LuciaSession>(
    {
      name: 'lucia',
      caller: 'fromLucia',
      optionNames: ['adapter'],
      defaultCookieName: 'auth_session',
      async open(value, request) {
        const id = decodeCookieValue(value)
        if (!isPlausibleId(id)) return null
        const [session, user] = await request.ask(() => adapter.getSessionAndUser(id))
        const { now } = request.context
        // Without its user, Lucia deletes a session.
        if (session === null || user === null || !(session.expiresAt.getTime() > now)) return null
        return {
          data: { session, user },
          kept: {},
          // The row's own id: a database may find it by another spelling, such as one in capitals.
          secret: session.id,
          remember: true,
          ...createSettleSteps(toStore(adapter, session.expiresAt, now), session.id, request),
        }
      },
    },
    options,
  )
}

function toStore(adapter: LuciaAdapter, expiresAt: Date, now: number): EndingStore {
  return {
    destroy: (id) => adapter.deleteSession(id),
    async shorten(id, seconds) {
      const latest = now + seconds * 1000
      if (expiresAt.getTime() > latest) await adapter.updateSessionExpiration?.(id, new Date(latest))
    },
  }
}
