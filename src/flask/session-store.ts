import type { CookieFormat } from '../cookies/format.ts'
import { optionsError } from '../core/errors.ts'
import { checkOptionNames } from '../core/check-options.ts'
import type { Secret } from '../formats/secrets.ts'
import type { RedisClient } from '../stores/redis/connection/client-types.ts'
import { detectClient } from '../stores/redis/connection/detect-client.ts'
import { connectionFromUrl } from '../stores/redis/connection/from-url.ts'
import { redisName } from '../stores/redis/connection/redis-name.ts'
import type { SessionStore } from '../stores/store.ts'
import { readRecordOptions } from './flask-options.ts'
import { openRecords } from './records/open-records.ts'
import { flaskSessionFormat } from './session-format.ts'
import { isSid } from './sid.ts'

/** Options of {@link flaskSession}: values from the Flask application's configuration. */
export interface FlaskSessionOptions {
  /**
   * Flask's `SECRET_KEY`, exactly as in Flask. In production: at least 32 bytes, and not a value from examples.
   *
   * @default none, which is allowed without the signer
   */
  secretKey?: Secret | undefined
  /**
   * Older keys. Cookies that they signed are accepted, and signed again with `secretKey`. Flask-Session has no such option:
   * there, a new key signs all users out.
   *
   * @default []
   */
  secretKeyFallbacks?: readonly (Secret | undefined)[] | undefined
  /** Whether ids are signed: `SESSION_USE_SIGNER`. @default false */
  useSigner?: boolean | undefined
  /** Prefix of each key in Redis: `SESSION_KEY_PREFIX`. Must not be empty without the signer. @default 'session:' */
  keyPrefix?: string | undefined
  /** Format for writing records: `SESSION_SERIALIZATION_FORMAT`. Both formats are read. @default 'msgpack' */
  serialization?: 'msgpack' | 'json' | undefined
  /** Number of random bytes in a new id, 16 to 96: `SESSION_ID_LENGTH`. @default 32 */
  idLength?: number | undefined
  /** The session member that holds the user's id. An id that looks like an integer is written as one. @default 'person_id' */
  userKey?: string | undefined
}

/** A cookie format and a store for `createSessions`, which only work together. */
export interface FlaskSession {
  /** Flask-Session's cookie. */
  readonly format: CookieFormat
  /** Flask-Session's records. Works with this cookie format only. */
  readonly store: FlaskSessionStore
}

/** Flask-Session's records in Redis. */
export interface FlaskSessionStore extends SessionStore {
  /** Closes the connection if it was created from a URL. A client that you passed in remains open. */
  close(): Promise<void>
}

/**
 * Reads and writes Flask-Session's cookie and its records in Redis, as Flask-Session 0.8 does. An application in Flask and
 * one in TypeScript then share their sessions: `createSessions({ ...flaskSession(client) })`. Accepts the same clients and
 * URLs as `redisStore`.
 *
 * Set `idleTimeout` to Flask's `PERMANENT_SESSION_LIFETIME`, and set `SESSION_REFRESH_EACH_REQUEST = False` in Flask.
 * Otherwise Flask-Session writes every record back as it was when the request began, even if the request never used the
 * session. A slow request then overwrites later changes, and restores the record of a session that was signed out. Sojourn
 * still rejects that session and removes the restored record. Flask accepts it until then.
 *
 * Flask-Session has these limits:
 *
 * - The id is the credential, and both the cookie and the keys in Redis contain it: anyone who sees one can use the session.
 *   Therefore `session.id`, events and logs show its SHA-256.
 * - Guests and users share one cookie. Reject posts from foreign sites before anything reads the session.
 * - There is no list of a user's sessions, so nothing can be listed or revoked.
 * - There is no sign-in time: only the idle timeout applies.
 * - A sign-in here creates a new id. In Flask, only `session_interface.regenerate(session)` does. `renew` also creates a new
 *   id, and new CSRF tokens.
 * - Pickle, which Flask-Session wrote up to 0.6, is never run and never overwritten. A visitor with such a record is a guest
 *   here until Flask has rewritten it.
 *
 * @throws `ERR_STORE_CLIENT` if `client` is neither a supported client nor a URL; `ERR_OPTIONS`, `ERR_SECRET_MISSING`,
 * `ERR_SECRET_WEAK`
 */
export function flaskSession(client: RedisClient | string, options: FlaskSessionOptions = {}): FlaskSession {
  const { keyPrefix, userKey, isJson, ...signing } = checkOptions(options)
  const format = flaskSessionFormat({ ...signing, userKey, isJson })
  const urlConnection = typeof client === 'string' ? connectionFromUrl(client) : null
  if (urlConnection === null) detectClient(client, 'flaskSession')
  const records = openRecords(urlConnection, client, { keyPrefix, userKey, isJson })

  const store: FlaskSessionStore = {
    ...records,
    name: redisName(client),
    // No cookie can have another id, so Redis is not asked for one.
    read: async (key) => (isSid(key.id) ? records.read(key) : null),
    async close() {
      await urlConnection?.close()
    },
  }
  return { format, store }
}

const optionNames = [
  'secretKey',
  'secretKeyFallbacks',
  'useSigner',
  'keyPrefix',
  'serialization',
  'idLength',
  'userKey',
]

function checkOptions(options: FlaskSessionOptions) {
  checkOptionNames('flaskSession', options, optionNames)
  const { secretKey, secretKeyFallbacks = [], serialization = 'msgpack', idLength = 32 } = options
  const common = readRecordOptions(options)
  if (serialization !== 'msgpack' && serialization !== 'json')
    throw optionsError("serialization must be 'msgpack' or 'json'.")
  if (!Number.isInteger(idLength) || idLength < 16 || idLength > 96)
    throw optionsError('idLength must be an integer from 16 to 96, in bytes: a shorter id could be guessed.')
  return { ...common, secretKey, secretKeyFallbacks, idLength, isJson: serialization === 'json' }
}
