import type { ForeignSessions, Token } from '../format.ts'
import { flaskFormat } from '../formats/flask.ts'
import { taggedJson } from '../formats/flask/codec.ts'
import { cookieValues } from '../jar.ts'
import type { Secret } from '../secrets.ts'
import { derivedIdentity } from './common/derived-identity.ts'
import { jsonTexts } from './common/json-texts.ts'
import { checkNames, refuse, theirCookie } from './common/their-cookie.ts'

/** What {@link fromFlask} is made with: what the Flask application was configured with. */
export interface FromFlaskOptions {
  /** Flask's `SECRET_KEY`, to the letter. Required. In production at least 32 bytes, and none that stands in examples. */
  secretKey: Secret | undefined
  /** Flask's `SECRET_KEY_FALLBACKS`. @default [] */
  secretKeyFallbacks?: readonly (Secret | undefined)[] | undefined
  /** Where the user's id stands in the session; with Flask-Login, `_user_id`. @default 'person_id' */
  userKey?: string | undefined
  /**
   * For how long after it was written Flask took a cookie, in seconds: `PERMANENT_SESSION_LIFETIME`. Longer than `idleTimeout` is
   * of no use, since that ends sessions too.
   *
   * @default `idleTimeout` of `createSessions`
   */
  lifetime?: number | undefined
  /** `SESSION_COOKIE_NAME`. @default 'session' */
  cookieName?: string | undefined
  /** `SESSION_COOKIE_DOMAIN`, without which the cookie is not deleted where Flask set it with one. @default none */
  cookieDomain?: string | undefined
  /** `SESSION_COOKIE_PATH`, or else `APPLICATION_ROOT`; as with the domain. @default '/' */
  cookiePath?: string | undefined
}

/**
 * Takes over sessions out of Flask's own signed cookie: `createSessions({ accept: [fromFlask({ secretKey })] })`. Who is signed
 * in there stays so, and messages and data come along; a guest with data is still that guest.
 *
 * The cookie's time is when the session began, its user signed in and it was last used, as Flask knows no other. What Python
 * has and JSON has not becomes a text: bytes (base64), dates (ISO 8601), UUIDs, `Markup` (its HTML, to be escaped like any
 * text) and integers above 2^53 - 1. Tuples become lists; `NaN` and the infinities `null`.
 *
 * One cookie is one session, which stays signed out once it is. But Flask writes a new one each time it changes or refreshes
 * a session, and all of them open in Flask until they are too old, also after a sign-out there: a copy of an earlier one is
 * taken over as a session of its own. `revokeAll` refuses all that were written before it.
 *
 * @throws `ERR_SECRET_MISSING`, `ERR_SECRET_WEAK`, `ERR_OPTIONS`
 */
export function fromFlask(options: FromFlaskOptions): ForeignSessions {
  checkNames('fromFlask', options, names)
  const { secretKey, secretKeyFallbacks, userKey, lifetime } = options
  if (lifetime !== undefined && !(typeof lifetime === 'number' && lifetime >= 1))
    refuse('lifetime is a number of seconds, at least 1: PERMANENT_SESSION_LIFETIME.')
  const cookie = theirCookie(options)
  const format = flaskFormat({ secretKey, secretKeyFallbacks, userKey })

  return {
    name: 'flask',
    async open(header, context) {
      for (const value of cookieValues(header, cookie.name)) {
        const opened = format.open(value, { ...context, idleTimeout: lifetime ?? context.idleTimeout })
        if (opened.outcome !== 'active') continue
        const token = takenOver(opened.token, value)
        // Of somebody who has nothing there is nothing to keep.
        if (token.userId === null && Object.keys(token.data ?? {}).length === 0) continue
        return { token, cookies: [cookie] }
      }
      return null
    },
  }
}

const names = ['secretKey', 'secretKeyFallbacks', 'userKey', 'lifetime', 'cookieName', 'cookieDomain', 'cookiePath']

function takenOver({ userId, lastSeenAt, remember, data }: Token, value: string): Token {
  // It counts as used until the end of the second that it was written in.
  const writtenAt = lastSeenAt - 1000
  return {
    identity: derivedIdentity('flask', value),
    userId,
    createdAt: writtenAt,
    signedInAt: userId === null ? null : writtenAt,
    lastSeenAt,
    remember,
    label: null,
    confirmedAt: null,
    version: 0,
    data: jsonTexts(data ?? {}, taggedJson),
    changed: [],
  }
}
