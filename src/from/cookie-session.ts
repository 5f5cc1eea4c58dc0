import type { ForeignSessions } from '../cookies/foreign.ts'
import { createReader } from './shared/create-reader.ts'
import { parseJsonObject } from './shared/json-object.ts'
import { createKeygripCheck, signedCookieNames, type KeygripKeys } from './shared/keygrip.ts'
import { checkBoolean, type ReaderOptions } from './shared/reader-options.ts'
import type { ForeignData } from './shared/stored-session.ts'

/** Options of {@link fromCookieSession}: values from the application that uses cookie-session. It also takes those of `ReaderOptions`. */
export interface FromCookieSessionOptions extends ReaderOptions<ForeignData> {
  /** `keys` of cookie-session, newest first, or a `Keygrip`. With its `secret`: `[secret]`. */
  keys: KeygripKeys
  /** Whether a session outlives the browser: whether cookie-session has `maxAge` or `expires`. @default true */
  remember?: boolean | undefined
  /** `name` of cookie-session. @default 'session' */
  cookieName?: string | undefined
}

/**
 * Adopts sessions from the signed cookie of cookie-session: `createSessions({ accept: [fromCookieSession({ keys, user })] })`. Users
 * remain signed in, guests remain guests, and all keep their data and the messages of connect-flash. Cookies that are not signed
 * (`signed: false`) are refused, because anyone can write them.
 *
 * The cookie has neither an id nor a time. So it counts as used now, `signedInAt` is `null`, and `absoluteTimeout` counts from the
 * adoption. All cookies with the same data are one session, also those of several devices of one user: a sign-out ends it on all of them, and
 * signing in again with cookie-session does not bring it back. A guest's cookie is a new session in each request, because guests can have the same one.
 *
 * Nothing ends the old cookie but its deletion: a copy is valid for as long as its key is accepted. It opens the session that was
 * adopted, and nothing if that was signed out or
 * revoked, which is remembered for at least one absolute timeout from the adoption. If that idled out, the copy opens it again.
 * A copy of an earlier cookie with
 * other data is adopted as a session of its own. For one absolute timeout after `revokeAll`, all old cookies of that user are refused. So remove the reader
 * within one absolute timeout of the change.
 *
 * @throws `ERR_OPTIONS`, `ERR_SECRET_MISSING`
 */
export function fromCookieSession(options: FromCookieSessionOptions): ForeignSessions {
  const caller = 'fromCookieSession'
  const { remember = true, cookieName = 'session' } = options
  const reader = createReader<ForeignData>(
    {
      name: 'cookie-session',
      caller,
      optionNames: ['keys', 'remember'],
      defaultCookieName: 'session',
      cookieNames: signedCookieNames,
      open(value, { header }) {
        if (!isSigned(header, cookieName, value)) return null
        const data = parseJsonObject(Buffer.from(value, 'base64').toString('utf8'))
        return data && { data, secret: value, isShared: true, remember }
      },
    },
    options,
  )
  checkBoolean(caller, 'remember', remember)
  const isSigned = createKeygripCheck(caller, options.keys)
  return reader
}
