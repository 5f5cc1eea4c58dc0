import { readCookieValues } from '../../cookies/cookie-header.ts'
import type { ForeignSession, ForeignSessions } from '../../cookies/foreign.ts'
import type { Identity, Token } from '../../core/token.ts'
import type { Secret } from '../../formats/secrets.ts'
import { flaskFormat } from '../cookie-format.ts'
import { taggedJsonCodec } from '../json/tagged-json-codec.ts'
import { checkOptionNames, optionsError } from '../options.ts'
import { deriveIdentity } from './derive-identity.ts'
import { checkTarget, combineSessions, maxCookies, readForeignCookieOptions } from './foreign-cookie-options.ts'
import { toJsonTexts } from './json-texts.ts'

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
  /**
   * Whether the cookie stays when its session is taken over, since Flask still answers some requests, or may have to again. A
   * sign-out here deletes it all the same. Ours has to have another name then.
   *
   * @default false
   */
  keepCookie?: boolean | undefined
}

/**
 * Takes over sessions out of Flask's own signed cookie: `createSessions({ accept: [fromFlask({ secretKey })] })`. Who is signed
 * in there stays so, and messages and data come along; a guest with data is still that guest.
 *
 * The cookie's time is when the session began and was last used, as Flask knows no other. Nothing tells when its user signed
 * in, as Flask refreshes its cookies: `signedInAt` is `null`, and `signedInWithin` `false`, until they sign in here. What Python
 * has and JSON has not becomes a text: bytes (base64), dates (ISO 8601), UUIDs, `Markup` (its HTML, to be escaped like any
 * text) and integers above 2^53 - 1. Tuples become lists; `NaN` and the infinities `null`.
 *
 * One cookie is one session, which stays signed out once it is: also that of a user who signs in twice within one second, with the
 * same data. A guest's is a session of its own with each request that brings it. But Flask writes a new one each time it changes or refreshes
 * a session, and all of them open in Flask until they are too old, also after a sign-out there: a copy of an earlier one is
 * taken over as a session of its own. `revokeAll` refuses all that were written before it.
 *
 * @throws `ERR_SECRET_MISSING`, `ERR_SECRET_WEAK`, `ERR_OPTIONS`
 */
export function fromFlask(options: FromFlaskOptions): ForeignSessions {
  checkOptionNames('fromFlask', options, optionNames)
  const { secretKey, secretKeyFallbacks, userKey, lifetime } = options
  if (lifetime !== undefined && !(typeof lifetime === 'number' && lifetime >= 1))
    optionsError('lifetime is a number of seconds, at least 1: PERMANENT_SESSION_LIFETIME.')
  const { cookie, stays } = readForeignCookieOptions(options)
  const format = flaskFormat({ secretKey, secretKeyFallbacks, userKey })

  return {
    name: 'flask',
    fits: checkTarget('fromFlask', cookie, stays),
    async open(header, { now, ...context }) {
      const found: ForeignSession[] = []
      const decodeContext = { ...context, idleTimeout: lifetime ?? context.idleTimeout }
      for (const value of new Set(readCookieValues(header, cookie.name).slice(0, maxCookies))) {
        const result = format.open(value, { ...decodeContext, now })
        // By a clock ahead of ours: it counts as written now.
        const lenientResult =
          result.outcome === 'expired' ? format.open(value, { ...decodeContext, now: now + maxClockSkewMs }) : result
        if (lenientResult.outcome !== 'active') continue
        const token = toAdoptedToken(lenientResult.token, value)
        // Of somebody who has nothing there is nothing to keep.
        if (token.userId === null && Object.keys(token.data ?? {}).length === 0) continue
        found.push({ token, cookies: [cookie], stays })
      }
      return combineSessions(found)
    },
  }
}

/** How far ahead of ours the clock of Flask's server may be, in milliseconds. */
const maxClockSkewMs = 60_000

const optionNames = [
  'secretKey',
  'secretKeyFallbacks',
  'userKey',
  'lifetime',
  'cookieName',
  'cookieDomain',
  'cookiePath',
  'keepCookie',
]

// Flask writes the same cookie for all guests who have the same data in one second: they are not to share what comes after.
const createGuestIdentity = (): Identity => deriveIdentity('flask', crypto.randomUUID(), crypto.randomUUID())

function toAdoptedToken({ userId, lastSeenAt, remember, data }: Token, value: string): Token {
  // It counts as used until the end of the second that it was written in.
  const writtenAt = lastSeenAt - 1000
  return {
    identity: userId === null ? createGuestIdentity() : deriveIdentity('flask', value),
    userId,
    createdAt: writtenAt,
    signedInAt: null,
    writtenAt,
    lastSeenAt,
    remember,
    label: null,
    confirmedAt: null,
    version: 0,
    data: toJsonTexts(data ?? {}, taggedJsonCodec),
    changed: [],
  }
}
