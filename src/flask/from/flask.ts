import { readCookieValues } from '../../cookies/cookie-header.ts'
import type { ForeignSession, ForeignSessions } from '../../cookies/foreign.ts'
import { optionsError } from '../../core/errors.ts'
import { checkOptionNames } from '../../core/check-options.ts'
import { emptyToken, type Identity, type Token } from '../../core/token.ts'
import type { Secret } from '../../formats/secrets.ts'
import { flaskFormat } from '../cookie-format.ts'
import { taggedJsonCodec } from '../json/tagged-json-codec.ts'
import { deriveIdentity } from '../../from/shared/derive-identity.ts'
import {
  checkTarget,
  combineSessions,
  maxCookies,
  readForeignCookieOptions,
} from '../../from/shared/foreign-cookie-options.ts'
import { toJsonTexts } from './json-texts.ts'

/** Options of {@link fromFlask}: values from the Flask application's configuration. */
export interface FromFlaskOptions {
  /** Flask's `SECRET_KEY`, exactly as in Flask. Required. In production: at least 32 bytes, and not a value from examples. */
  secretKey: Secret | undefined
  /** Flask's `SECRET_KEY_FALLBACKS`. @default [] */
  secretKeyFallbacks?: readonly (Secret | undefined)[] | undefined
  /** The session member that holds the user's id; with Flask-Login, `_user_id`. @default 'person_id' */
  userKey?: string | undefined
  /**
   * How long Flask accepts a cookie after writing it, in seconds: `PERMANENT_SESSION_LIFETIME`. A value above `idleTimeout`
   * has no effect, because that also ends the session.
   *
   * @default `idleTimeout` of `createSessions`
   */
  lifetime?: number | undefined
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

/**
 * Adopts sessions from Flask's own signed cookie: `createSessions({ accept: [fromFlask({ secretKey })] })`. Users remain signed
 * in, guests remain guests, and all keep their data and flash messages.
 *
 * The cookie's time becomes the time of the session's start and of its last use, because Flask stores no other. The time of the
 * sign-in is unknown, because Flask refreshes its cookies: `signedInAt` is `null` and `signedInWithin` is `false` until the user
 * signs in here. Python values that JSON does not have become text: bytes (base64), dates (ISO 8601), UUIDs, `Markup` (its HTML;
 * escape it like any text) and integers above 2^53 - 1. Tuples become lists. `NaN` and the infinities become `null`.
 *
 * A user's cookie is always the same session, and is not adopted again after a sign-out. Two sign-ins of a user within one
 * second, with the same data, have the same cookie. A guest's cookie is a new session in each request, because guests can have
 * the same cookie.
 *
 * Flask writes a new cookie each time it changes or refreshes a session. It accepts each of them until it is too old, even after
 * a sign-out there. So a copy of an earlier cookie is adopted as a session of its own. `revokeAll` rejects all cookies that were
 * written before it.
 *
 * @throws `ERR_SECRET_MISSING`, `ERR_SECRET_WEAK`, `ERR_OPTIONS`
 */
export function fromFlask(options: FromFlaskOptions): ForeignSessions {
  checkOptionNames('fromFlask', options, optionNames)
  const { secretKey, secretKeyFallbacks, userKey, lifetime } = options
  if (lifetime !== undefined && !(typeof lifetime === 'number' && lifetime >= 1))
    throw optionsError('lifetime must be a number of seconds, at least 1: PERMANENT_SESSION_LIFETIME.')
  const { cookie, keepCookie } = readForeignCookieOptions(options, 'session')
  const format = flaskFormat({ secretKey, secretKeyFallbacks, userKey })

  return {
    name: 'flask',
    fits: (target) => checkTarget('fromFlask', target, cookie, keepCookie),
    async open(header, { now, ...context }) {
      const found: ForeignSession[] = []
      const decodeContext = { ...context, idleTimeout: lifetime ?? context.idleTimeout }
      for (const value of new Set(readCookieValues(header, cookie.name).slice(0, maxCookies))) {
        const result = format.open(value, { ...decodeContext, now })
        // If the clock of Flask's server is ahead of ours, treat the cookie as written now.
        const lenientResult =
          result.outcome === 'expired' ? format.open(value, { ...decodeContext, now: now + maxClockSkewMs }) : result
        if (lenientResult.outcome !== 'active') continue
        const token = toAdoptedToken(lenientResult.token, value)
        // Skip a guest without data: there is nothing to adopt.
        if (token.userId === null && Object.keys(token.data ?? {}).length === 0) continue
        found.push({ token, cookies: [cookie], stays: keepCookie })
      }
      return combineSessions(found)
    },
  }
}

/** How far the clock of Flask's server may be ahead of ours. */
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

// Flask writes the same cookie for all guests with the same data in one second. Random ids keep their sessions apart.
const createGuestIdentity = (): Identity => deriveIdentity('flask', crypto.randomUUID(), crypto.randomUUID())

function toAdoptedToken({ userId, lastSeenAt, remember, data }: Token, value: string): Token {
  // The format sets lastSeenAt to the end of the second in which Flask wrote the cookie.
  const writtenAt = lastSeenAt - 1000
  return {
    ...emptyToken,
    identity: userId === null ? createGuestIdentity() : deriveIdentity('flask', value),
    userId,
    createdAt: writtenAt,
    writtenAt,
    lastSeenAt,
    remember,
    data: toJsonTexts(data ?? {}, taggedJsonCodec),
  }
}
