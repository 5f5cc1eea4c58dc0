import { readCookieValues } from '../../cookies/cookie-header.ts'
import type { ForeignSession, ForeignSessions } from '../../cookies/foreign.ts'
import type { Secret } from '../../formats/secrets.ts'
import { createRedisConnection } from '../../stores/redis/connection/connection.ts'
import { connectionFromUrl } from '../../stores/redis/connection/from-url.ts'
import type { RedisClient } from '../../stores/redis/connection/client-types.ts'
import { checkOptionNames, readRecordOptions } from '../options.ts'
import { readSidSecrets } from '../sid-secrets.ts'
import { createSidSigner, isSid } from '../sid.ts'
import { checkTarget, combineSessions, maxCookies, readForeignCookieOptions } from './foreign-cookie-options.ts'
import { createRecordReader } from './read-records.ts'

/** What {@link fromFlaskSession} is made with: what the Flask application was configured with. */
export interface FromFlaskSessionOptions {
  /** Whether ids are signed: `SESSION_USE_SIGNER`. @default false */
  useSigner?: boolean | undefined
  /**
   * Flask's `SECRET_KEY`, to the letter. In production at least 32 bytes, and none that stands in examples.
   *
   * @default none, which is enough without the signer
   */
  secretKey?: Secret | undefined
  /** Older keys, by which signed ids are still read. @default [] */
  secretKeyFallbacks?: readonly (Secret | undefined)[] | undefined
  /** What each key begins with: `SESSION_KEY_PREFIX`. Without the signer it must not be empty. @default 'session:' */
  keyPrefix?: string | undefined
  /** Where the user's id stands in the session; with Flask-Login, `_user_id`. @default 'person_id' */
  userKey?: string | undefined
  /** `SESSION_COOKIE_NAME`. @default 'session' */
  cookieName?: string | undefined
  /** `SESSION_COOKIE_DOMAIN`, without which the cookie is not deleted where Flask set it with one. @default none */
  cookieDomain?: string | undefined
  /** `SESSION_COOKIE_PATH`, or else `APPLICATION_ROOT`; as with the domain. @default '/' */
  cookiePath?: string | undefined
  /**
   * Whether the cookie stays when its session is taken over, since Flask still answers some requests, or may have to again. A
   * sign-out here deletes it all the same. Ours has to have another name then.
   *
   * @default false
   */
  keepCookie?: boolean | undefined
}

/** Reads Flask-Session's records. */
export interface FromFlaskSession extends ForeignSessions {
  /** Closes the connection that was made for a URL; a client that was passed in is its owner's to close. */
  close(): Promise<void>
}

/**
 * Takes over sessions of Flask-Session out of its records in Redis, MessagePack or JSON:
 * `createSessions({ accept: [fromFlaskSession(client)] })`. Who is signed in there stays so, and messages and data come along; a
 * guest with data is still that guest. Takes what `redisStore` takes, also the very same client.
 *
 * Nothing tells when a user signed in: `signedInAt` is `null`, and `absoluteTimeout` counts from when the session was taken over.
 * So a `revokeAll` refuses, for an absolute timeout, whatever that user brings of Flask-Session, also a later sign-in there.
 * What Python has and JSON has not becomes a text: bytes (base64), dates (ISO 8601) and integers above 2^53 - 1; `NaN` and the
 * infinities become `null`. Pickle, which Flask-Session wrote up to 0.6, is never run: who comes with it is a guest.
 *
 * A sign-out that comes with its cookie removes a record. Else it stays where it is until it expires: once it was taken over,
 * after `idleTimeout` at the latest, or, with `keepCookie`, after `absoluteTimeout`. What was signed out or revoked here is not
 * taken over again for as long as that is known here, an absolute timeout from its take-over at least. In a Flask application that still
 * runs a copy of its cookie opens, and where it is used there for longer than that, it is taken over again: run both for a
 * roll-out.
 *
 * @throws `ERR_STORE_CLIENT` for what is no client and no URL; `ERR_OPTIONS`, `ERR_SECRET_MISSING`, `ERR_SECRET_WEAK`
 */
export function fromFlaskSession(
  client: RedisClient | string,
  options: FromFlaskSessionOptions = {},
): FromFlaskSession {
  const { keyPrefix, userKey, ...signing } = checkOptions(options)
  const { cookie, stays } = readForeignCookieOptions(options)
  const secrets = readSidSecrets(signing)
  const signer = signing.useSigner ? createSidSigner(secrets) : null
  const urlConnection = typeof client === 'string' ? connectionFromUrl(client) : null
  const connection = urlConnection ?? createRedisConnection(client, 'fromFlaskSession')
  const records = createRecordReader(connection, { keyPrefix, userKey })

  return {
    name: 'flask-session',
    fits: checkTarget('fromFlaskSession', cookie, stays),
    async open(header, context) {
      const found: ForeignSession[] = []
      const { ask = (question) => question() } = context
      for (const value of new Set(readCookieValues(header, cookie.name).slice(0, maxCookies))) {
        const sid = signer === null ? value : signer.unsign(value)?.sid
        if (sid === undefined || !isSid(sid)) continue
        const token = await ask(() => records.read(sid, context.now))
        const settle = (isSignedOut: boolean) =>
          ask(() => (isSignedOut ? records.end(sid, context) : records.shortenLifetime(sid, context, stays)))
        if (token !== null) found.push({ token, cookies: [cookie], stays, settle })
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
