import { readCookieValues } from '../../cookies/cookie-header.ts'
import type { ForeignSession, ForeignSessions } from '../../cookies/foreign.ts'
import { checkOptionNames } from '../../core/check-options.ts'
import type { Secret } from '../../formats/secrets.ts'
import type { RedisClient } from '../../stores/redis/connection/client-types.ts'
import { createRedisConnection } from '../../stores/redis/connection/connection.ts'
import { connectionFromUrl } from '../../stores/redis/connection/from-url.ts'
import { readRecordOptions } from '../flask-options.ts'
import { readSidSecrets } from '../secrets.ts'
import { createSidSigner, isSid } from '../sid.ts'
import {
  checkTarget,
  combineSessions,
  maxCookies,
  readForeignCookieOptions,
} from '../../from/shared/foreign-cookie-options.ts'
import { createRecordReader } from './read-records.ts'

/** Options of {@link fromFlaskSession}: values from the Flask application's configuration. */
export interface FromFlaskSessionOptions {
  /** Whether ids are signed: `SESSION_USE_SIGNER`. @default false */
  useSigner?: boolean | undefined
  /**
   * Flask's `SECRET_KEY`, exactly as in Flask. In production: at least 32 bytes, and not a value from examples.
   *
   * @default none, which is allowed without the signer
   */
  secretKey?: Secret | undefined
  /** Older keys. Ids that they signed are accepted too. @default [] */
  secretKeyFallbacks?: readonly (Secret | undefined)[] | undefined
  /** Prefix of each key in Redis: `SESSION_KEY_PREFIX`. Must not be empty without the signer. @default 'session:' */
  keyPrefix?: string | undefined
  /** The session member that holds the user's id; with Flask-Login, `_user_id`. @default 'person_id' */
  userKey?: string | undefined
  /** `SESSION_COOKIE_NAME`. @default 'session' */
  cookieName?: string | undefined
  /** `SESSION_COOKIE_DOMAIN`. A cookie that Flask set with a domain can only be deleted with the same one. @default not set */
  cookieDomain?: string | undefined
  /** `SESSION_COOKIE_PATH`, or else `APPLICATION_ROOT`. Needed to delete the cookie, like the domain. @default '/' */
  cookiePath?: string | undefined
  /**
   * Whether Flask's cookie remains after its session was adopted, because Flask still answers some requests, or may have to
   * again. A sign-out here deletes it anyway. Sojourn's own cookie then needs another name.
   *
   * @default false
   */
  keepCookie?: boolean | undefined
}

/** A reader of Flask-Session's records, for `accept`. */
export interface FromFlaskSession extends ForeignSessions {
  /** Closes the connection if it was created from a URL. A client that you passed in remains open. */
  close(): Promise<void>
}

/**
 * Adopts sessions from Flask-Session's records in Redis, in MessagePack or JSON:
 * `createSessions({ accept: [fromFlaskSession(client)] })`. Users remain signed in, guests remain guests, and all keep their data
 * and flash messages. Accepts the same clients and URLs as `redisStore`, and can share its client.
 *
 * The time of the sign-in is unknown: `signedInAt` is `null`, and `absoluteTimeout` counts from the adoption. Therefore, for one
 * absolute timeout after `revokeAll`, all Flask-Session sessions of that user are rejected, even from a later sign-in in Flask.
 * Python values that JSON does not have become text: bytes (base64), dates (ISO 8601) and integers above 2^53 - 1. `NaN` and the
 * infinities become `null`. Pickle, which Flask-Session wrote up to 0.6, is never run: a visitor with such a record is a guest.
 *
 * A sign-out with Flask-Session's cookie removes the record. Otherwise the record remains until it expires. After an adoption
 * that is `idleTimeout` later at the latest or, with `keepCookie`, `absoluteTimeout` later.
 *
 * A session that was signed out or revoked here is not adopted again as long as its end is remembered here: at least one
 * absolute timeout from its adoption. A Flask application that still runs accepts a copy of its cookie. If the session is used
 * there for longer than that, it is adopted again. So run both applications for a roll-out only.
 *
 * @throws `ERR_STORE_CLIENT` if `client` is neither a supported client nor a URL; `ERR_OPTIONS`, `ERR_SECRET_MISSING`,
 * `ERR_SECRET_WEAK`
 */
export function fromFlaskSession(
  client: RedisClient | string,
  options: FromFlaskSessionOptions = {},
): FromFlaskSession {
  const { keyPrefix, userKey, ...signing } = checkOptions(options)
  const { cookie, keepCookie } = readForeignCookieOptions(options, 'session')
  const secrets = readSidSecrets(signing)
  const signer = signing.useSigner ? createSidSigner(secrets) : null
  const urlConnection = typeof client === 'string' ? connectionFromUrl(client) : null
  const connection = urlConnection ?? createRedisConnection(client, 'fromFlaskSession')
  const records = createRecordReader(connection, { keyPrefix, userKey })

  return {
    name: 'flask-session',
    fits: (target) => checkTarget('fromFlaskSession', target, cookie, keepCookie),
    async open(header, context) {
      const found: ForeignSession[] = []
      const { ask = (question) => question() } = context
      for (const value of new Set(readCookieValues(header, cookie.name).slice(0, maxCookies))) {
        const sid = signer === null ? value : signer.unsign(value)?.sid
        if (sid === undefined || !isSid(sid)) continue
        const token = await ask(() => records.read(sid, context.now))
        const settle = (isSignedOut: boolean) =>
          ask(() => (isSignedOut ? records.end(sid, context) : records.shortenLifetime(sid, context, keepCookie)))
        if (token !== null) found.push({ token, cookies: [cookie], stays: keepCookie, settle })
      }
      return combineSessions(found)
    },
    async close() {
      await urlConnection?.close()
    },
  }
}

const optionNames = [
  'useSigner',
  'secretKey',
  'secretKeyFallbacks',
  'keyPrefix',
  'userKey',
  'cookieName',
  'cookieDomain',
  'cookiePath',
  'keepCookie',
]

function checkOptions(options: FromFlaskSessionOptions) {
  checkOptionNames('fromFlaskSession', options, optionNames)
  const { secretKey, secretKeyFallbacks = [] } = options
  return { ...readRecordOptions(options), secretKey, secretKeyFallbacks }
}
