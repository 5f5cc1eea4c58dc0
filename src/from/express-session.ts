import type { ForeignSessions } from '../cookies/foreign.ts'
import { decodeCookieValue } from './shared/cookie-values.ts'
import { createReader } from './shared/create-reader.ts'
import { readForeignSecrets, type ForeignSecrets } from './shared/foreign-secrets.ts'
import { createSettleSteps, toPromiseStore, type ForeignStore } from './shared/foreign-store.ts'
import type { ReaderOptions } from './shared/reader-options.ts'
import { readStoredSession, type ForeignData } from './shared/stored-session.ts'
import { unsign } from './shared/unsign.ts'

export type { ForeignStore, PromiseStore } from './shared/foreign-store.ts'
export { connectPgSimple, type ConnectPgSimpleOptions } from './shared/connect-pg-simple.ts'
export { connectRedis, type ConnectRedisOptions } from './shared/connect-redis.ts'

/** Options of {@link fromExpressSession}: values from the application that uses express-session. It also takes those of `ReaderOptions`. */
export interface FromExpressSessionOptions extends ReaderOptions<ForeignData> {
  /** `secret` of express-session: one, or a list with the newest first. */
  secret: ForeignSecrets
  /**
   * `store` of express-session: the application's own object, as it is. Or an object with `get(id)` and `destroy(id)` that return
   * promises, such as `connectRedis(client)` and `connectPgSimple(pool)`.
   */
  store: ForeignStore
  /** `name` of express-session. @default 'connect.sid' */
  cookieName?: string | undefined
}

/**
 * Adopts sessions of express-session: `createSessions({ accept: [fromExpressSession({ secret, store, user })] })`. Users remain
 * signed in, guests remain guests, and all keep their data and the messages of connect-flash.
 *
 * A session is live if the store returns its record, as for express-session, and counts as used now. The time of the sign-in
 * is unknown: `signedInAt` is `null`, and `absoluteTimeout` counts from the adoption. Therefore, for one absolute timeout after
 * `revokeAll`, all sessions of that user in the old store are refused.
 *
 * A sign-out with the old cookie destroys the record. Otherwise the record remains until it expires in its store. With
 * `connectRedis` and `connectPgSimple`, that is `idleTimeout` after the adoption at the latest or, with `keepCookie`, `absoluteTimeout`
 * after it. Until then a copy of the old cookie opens the session that was adopted, and nothing if that was signed out or
 * revoked. If that idled out, the copy opens it again.
 *
 * An end is remembered for at least one absolute timeout from the adoption. If the store keeps a record for longer, a copy of its cookie
 * would open it after that. So remove the reader, or clear the old store, within one absolute timeout of the change.
 *
 * @throws `ERR_OPTIONS`, `ERR_SECRET_MISSING`
 */
export function fromExpressSession(options: FromExpressSessionOptions): ForeignSessions {
  const caller = 'fromExpressSession'
  const reader = createReader<ForeignData>(
    {
      name: 'express-session',
      caller,
      optionNames: ['secret', 'store'],
      defaultCookieName: 'connect.sid',
      async open(value, request) {
        const decoded = decodeCookieValue(value)
        const id = decoded.startsWith('s:') ? unsign(decoded.slice(2), secrets) : null
        if (id === null) return null
        const session = readStoredSession(await request.ask(() => store.get(id)), id)
        return session && { ...session, ...createSettleSteps(store, id, request) }
      },
    },
    options,
  )
  const secrets = readForeignSecrets(caller, 'secret', options.secret)
  const store = toPromiseStore(caller, options.store)
  return reader
}
