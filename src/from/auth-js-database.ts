import type { ForeignSessions } from '../cookies/foreign.ts'
import { optionsError } from '../core/errors.ts'
import { decodeCookieValue } from './shared/cookie-values.ts'
import { createReader } from './shared/create-reader.ts'
import { createSettleSteps, isPlausibleId, type EndingStore } from './shared/foreign-store.ts'
import type { ReaderOptions } from './shared/reader-options.ts'

/** A session of Auth.js in a database, with its user, as an adapter returns them. */
export interface AuthJsSession {
  /** The row of the session. */
  readonly session: { readonly sessionToken: string; readonly userId: string; readonly expires: Date }
  /** The row of the user. */
  readonly user: any
}

/** The part of Auth.js' adapters that is used. */
export interface AuthJsAdapter {
  /** Finds a session by the token in its cookie. Required. @default not there, as in the type of Auth.js */
  getSessionAndUser?(sessionToken: string): PromiseLike<AuthJsSession | null> | AuthJsSession | null
  /** Removes a session. Required. @default not there, as in the type of Auth.js */
  deleteSession?(sessionToken: string): unknown
  /** Changes when a session expires. @default it expires when Auth.js decided */
  updateSession?(session: { sessionToken: string; expires: Date }): unknown
}

/** Options of {@link fromAuthJsDatabase}. */
export interface FromAuthJsDatabaseOptions extends ReaderOptions<AuthJsSession> {
  /** The adapter that Auth.js has, or an object with these functions. */
  adapter: AuthJsAdapter
  /** The version that wrote the cookies: 5 for Auth.js and next-auth 5, 4 for next-auth 4. @default 5 */
  version?: 4 | 5 | undefined
}

/**
 * Adopts sessions of Auth.js and next-auth 4 with the strategy `database`:
 * `createSessions({ accept: [fromAuthJsDatabase({ adapter, user: ({ user }) => user.id })] })`. The cookies are named as for
 * `fromAuthJs`. No data is kept without `dataOf`, because a row has nothing that an application has put there.
 *
 * A sign-out here deletes the session there. A copy of the cookie opens nothing after that. Otherwise it opens its session
 * until the row expires. After an adoption that is `idleTimeout` later at the latest or, with `keepCookie`, `absoluteTimeout`
 * later.
 *
 * `absoluteTimeout` counts from the adoption, because Auth.js does not record when a session began. `revokeAll` therefore
 * refuses all sessions of its user that were not adopted before it, even from a later sign-in there, for one absolute timeout.
 *
 * @throws `ERR_OPTIONS`
 */
export function fromAuthJsDatabase(options: FromAuthJsDatabaseOptions): ForeignSessions {
  const { adapter, version = 5 } = options
  checkAuthJsVersion('fromAuthJsDatabase', version)
  if (typeof adapter?.getSessionAndUser !== 'function' || typeof adapter.deleteSession !== 'function')
    throw optionsError(
      "fromAuthJsDatabase needs the option adapter: Auth.js' own, with getSessionAndUser and deleteSession.",
    )

  return createReader<AuthJsSession>(
    {
      name: 'auth-js-database',
      caller: 'fromAuthJsDatabase',
      optionNames: ['adapter', 'version'],
      defaultCookieName: sessionCookieName(version),
      async open(value, request) {
        const asked = decodeCookieValue(value)
        if (!isPlausibleId(asked)) return null
        const found = await request.ask(async () => adapter.getSessionAndUser!(asked))
        const { now } = request.context
        if (!found?.session || !found.user || !(found.session.expires.getTime() > now)) return null
        const store = toStore(adapter, found.session.expires, now)
        // The row's own token: a database may find it by another spelling, such as one in capitals.
        const token = found.session.sessionToken
        return { data: found, kept: {}, secret: token, remember: true, ...createSettleSteps(store, token, request) }
      },
    },
    options,
  )
}

function toStore(adapter: AuthJsAdapter, expires: Date, now: number): EndingStore {
  return {
    destroy: async (token) => adapter.deleteSession!(token),
    async shorten(sessionToken, seconds) {
      const latest = now + seconds * 1000
      if (expires.getTime() > latest) await adapter.updateSession?.({ sessionToken, expires: new Date(latest) })
    },
  }
}

/** Returns the name of Auth.js' cookie: in production that of a site with https. @internal */
export function sessionCookieName(version: 4 | 5): string {
  const prefix = process.env['NODE_ENV'] === 'production' ? '__Secure-' : ''
  return `${prefix}${version === 4 ? 'next-auth' : 'authjs'}.session-token`
}

/** @throws `ERR_OPTIONS` @internal */
export function checkAuthJsVersion(caller: string, version: unknown): void {
  if (version !== 4 && version !== 5) throw optionsError(`version of ${caller} must be 5, or 4 for next-auth 4.`)
}
