import type { CookieFormat } from '../cookies/format.ts'
import type { Secret } from '../formats/secrets.ts'
import { detectClient } from '../stores/redis/connection/detect-client.ts'
import { connectionFromUrl } from '../stores/redis/connection/from-url.ts'
import type { RedisClient } from '../stores/redis/connection/client-types.ts'
import type { SessionStore } from '../stores/store.ts'
import { checkOptionNames, optionsError, readRecordOptions } from './options.ts'
import { openRecords } from './records/open-records.ts'
import { flaskSessionFormat } from './session-format.ts'
import { isSid } from './sid.ts'

/** What {@link flaskSession} is made with: what the Flask application is configured with. */
export interface FlaskSessionOptions {
  /**
   * Flask's `SECRET_KEY`, to the letter. In production at least 32 bytes, and none that stands in examples.
   *
   * @default none, which is enough without the signer
   */
  secretKey?: Secret | undefined
  /**
   * Older keys, by which signed cookies are still read; they are then signed anew. Flask-Session has no such thing: there, a
   * new key signs everybody out.
   *
   * @default []
   */
  secretKeyFallbacks?: readonly (Secret | undefined)[] | undefined
  /** Whether ids are signed: `SESSION_USE_SIGNER`. @default false */
  useSigner?: boolean | undefined
  /** What each key begins with: `SESSION_KEY_PREFIX`. Without the signer it must not be empty. @default 'session:' */
  keyPrefix?: string | undefined
  /** How records are written: `SESSION_SERIALIZATION_FORMAT`. Both are read. @default 'msgpack' */
  serialization?: 'msgpack' | 'json' | undefined
  /** How many random bytes a new id has, 16 to 96: `SESSION_ID_LENGTH`. @default 32 */
  idLength?: number | undefined
  /** Where the user's id stands in the session: as an integer where it looks like one. @default 'person_id' */
  userKey?: string | undefined
}

/** A cookie and a store together, for `createSessions`. */
export interface FlaskSession {
  /** Flask-Session's cookie. */
  readonly format: CookieFormat
  /** Its records. Goes with that cookie alone. */
  readonly store: FlaskSessionStore
}

/** Flask-Session's records in Redis. */
export interface FlaskSessionStore extends SessionStore {
  /** Closes the connection that was made for a URL; a client that was passed in is its owner's to close. */
  close(): Promise<void>
}

/**
 * Flask-Session's cookie and its records in Redis, both read and written as Flask-Session 0.8 does, so that an application in
 * Flask and one in TypeScript share their sessions: `createSessions({ ...flaskSession(client) })`. Takes what
 * `redisStore` takes.
 *
 * `idleTimeout` is Flask's `PERMANENT_SESSION_LIFETIME`; set both alike. Set `SESSION_REFRESH_EACH_REQUEST = False` in Flask.
 * Otherwise Flask-Session writes every record back as it had read it when a request began, also where the request never
 * looked at the session: a slow one undoes what was written meanwhile, and brings back a session that was signed out. Here
 * such a session stays refused, and its record is removed; in Flask it opens until then.
 *
 * What it cannot give: the cookie is the id and so are the keys in Redis, so that whoever sees one has the session;
 * `session.id`, events and logs therefore show its SHA-256. It has one name for guests and users; refuse what foreign sites
 * post before anything reads the session. There is no list, so that nothing can be listed or revoked; no time of sign-in, so
 * that only the idle timeout holds. Signing in here makes a new id; in Flask only `session_interface.regenerate(session)`
 * does. `renew` makes a new id as well, and new form tokens. Pickle, which Flask-Session up to 0.6 wrote, is never
 * run and never overwritten: who comes with one is a guest here until Flask has written it anew.
 *
 * @throws `ERR_STORE_CLIENT` for what is no client and no URL; `ERR_OPTIONS`, `ERR_SECRET_MISSING`, `ERR_SECRET_WEAK`
 */
export function flaskSession(client: RedisClient | string, options: FlaskSessionOptions = {}): FlaskSession {
  const { keyPrefix, userKey, isJson, ...signing } = checkOptions(options)
  const format = flaskSessionFormat({ ...signing, userKey, isJson })
  const urlConnection = typeof client === 'string' ? connectionFromUrl(client) : null
  if (urlConnection === null) detectClient(client, 'flaskSession')
  const records = openRecords(urlConnection, client, { keyPrefix, userKey, isJson })

  const store: FlaskSessionStore = {
    ...records,
    // No cookie has another id; the library asks for some.
    read: async (id) => (isSid(id) ? records.read(id) : null),
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
  if (serialization !== 'msgpack' && serialization !== 'json') optionsError("serialization is 'msgpack' or 'json'.")
  if (!Number.isInteger(idLength) || idLength < 16 || idLength > 96)
    optionsError('idLength is a number of random bytes, 16 to 96: whoever guesses an id has the session.')
  return { ...common, secretKey, secretKeyFallbacks, idLength, isJson: serialization === 'json' }
}
