import type { Context, ForeignSessions, Token } from '../format.ts'
import { flaskSessionFormat } from '../formats/flask-session.ts'
import { packedCodec } from '../formats/flask/packed-codec.ts'
import { cookieValues } from '../jar.ts'
import type { Secret } from '../secrets.ts'
import { isEnding, type SessionRecord } from '../store.ts'
import { recordsIn } from '../stores/flask-session/records.ts'
import { byUrl } from '../stores/redis/by-url.ts'
import { connectionOf, type RedisClient } from '../stores/redis/client.ts'
import { script } from '../stores/redis/scripts.ts'
import { derivedIdentity } from './common/derived-identity.ts'
import { jsonTexts } from './common/json-texts.ts'
import { checkNames, refuse, theirCookie } from './common/their-cookie.ts'

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
 * A record stays where it is until it expires, which is after `idleTimeout` at the latest once it was read here. A session
 * that was signed out here is not taken over again; in a Flask application that still runs, a copy of its cookie opens.
 *
 * @throws `ERR_STORE_CLIENT` for what is no client and no URL; `ERR_OPTIONS`, `ERR_SECRET_MISSING`, `ERR_SECRET_WEAK`
 */
export function fromFlaskSession(
  client: RedisClient | string,
  options: FromFlaskSessionOptions = {},
): FromFlaskSession {
  checkNames('fromFlaskSession', options, names)
  const { keyPrefix, userKey, ...signing } = check(options)
  const cookie = theirCookie(options)
  const format = flaskSessionFormat({ ...signing, userKey, isJson: false, idLength: 32 })
  const lazy = typeof client === 'string' ? byUrl(client) : null
  const connection = lazy ?? connectionOf(client, 'fromFlaskSession')
  const records = recordsIn(connection, { keyPrefix, userKey, isJson: false })

  async function recordOf(sid: string, { idleTimeout, absoluteTimeout }: Context): Promise<SessionRecord | null> {
    const found = await records.read(sid)
    if (found === null || isEnding(found)) return null
    // Not for longer than what we make of it: who idled out here, or was signed out, would be taken over again.
    const longest = Math.max(1, Math.floor(Math.min(idleTimeout, absoluteTimeout, thousandYears) * 1000) - minute)
    if (found.keptFor! <= 1 || found.keptFor! > longest)
      await connection.run(shorten, [keyPrefix + sid], [String(longest)])
    return found
  }

  return {
    name: 'flask-session',
    async open(header, context) {
      for (const value of cookieValues(header, cookie.name)) {
        const opened = format.open(value, context)
        if (opened.outcome !== 'active') continue
        const record = await recordOf(opened.token.identity!.id, context)
        // Of somebody who has nothing there is nothing to keep.
        if (record === null || (record.userId === null && Object.keys(record.data).length === 0)) continue
        return { token: takenOver(record, context.now), cookies: [cookie] }
      }
      return null
    },
    async close() {
      await lazy?.close()
    },
  }
}

const minute = 60_000
// Seconds.
const thousandYears = 31_557_600_000

const shorten = script(`local left = redis.call('PTTL', KEYS[1])
if left == -1 or left > tonumber(ARGV[1]) then return redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return 0`)

const codec = packedCodec(false)

function takenOver({ id, userId, remember, data }: SessionRecord, now: number): Token {
  return {
    // An id of Flask-Session's stays when its user comes in, or is another.
    identity: derivedIdentity('flask-session', id, userId ?? ''),
    userId,
    createdAt: now,
    signedInAt: null,
    // That it is there tells that Flask would take it.
    lastSeenAt: now,
    remember,
    label: null,
    confirmedAt: null,
    version: 0,
    data: jsonTexts(data, codec),
    changed: [],
  }
}

const names = [
  'useSigner',
  'secretKey',
  'secretKeyFallbacks',
  'keyPrefix',
  'userKey',
  'cookieName',
  'cookieDomain',
  'cookiePath',
]

function check(options: FromFlaskSessionOptions) {
  const {
    useSigner = false,
    secretKey,
    secretKeyFallbacks = [],
    keyPrefix = 'session:',
    userKey = 'person_id',
  } = options
  if (typeof useSigner !== 'boolean') refuse('useSigner is true or false.')
  if (typeof keyPrefix !== 'string') refuse('keyPrefix is a text.')
  if (keyPrefix === '' && !useSigner)
    refuse("With an empty keyPrefix a cookie would name any key in Redis: give one, such as 'session:', or useSigner.")
  if (typeof userKey !== 'string' || userKey === '' || /^_*flash\.|^_flashes$|^_permanent$/.test(userKey))
    refuse("userKey names the member of Flask's session that holds the user's id, such as 'person_id'.")
  return { useSigner, secretKey, secretKeyFallbacks, keyPrefix, userKey }
}
