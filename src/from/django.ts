import type { ForeignSessions } from '../cookies/foreign.ts'
import { optionsError } from '../core/errors.ts'
import { createDjangoReader, djangoBackends } from './shared/django-signing.ts'
import { createReader } from './shared/create-reader.ts'
import { readForeignSecrets, type Secret } from './shared/foreign-secrets.ts'
import { createSettleSteps, toPromiseStore, type PromiseStore } from './shared/foreign-store.ts'
import { isObject } from './shared/json-object.ts'
import { checkBoolean, type ReaderOptions } from './shared/reader-options.ts'

export type { PromiseStore } from './shared/foreign-store.ts'

/**
 * `request.session` of an application. `_auth_user_id` is the user's id as text, and `_auth_user_hash` an HMAC of the password,
 * by which Django ends sessions of before a new one.
 */
export type DjangoData = Readonly<Record<string, any>>

/** Options of {@link fromDjango}: values from the settings of the Django application. */
export interface FromDjangoOptions extends ReaderOptions<DjangoData> {
  /** `SECRET_KEY`, exactly as in Django. */
  secretKey: Secret | undefined
  /** `SECRET_KEY_FALLBACKS`. @default [] */
  secretKeyFallbacks?: readonly (Secret | undefined)[] | undefined
  /**
   * Where the sessions are with `django.contrib.sessions.backends.db`: the row of the table `django_session` with this
   * `session_key`, if its `expire_date` is later than now.
   *
   * @default none: the sessions are in the cookie, as with `django.contrib.sessions.backends.signed_cookies`
   */
  store?: PromiseStore | undefined
  /** `SESSION_COOKIE_AGE`, in seconds. @default 1209600 (14 days) */
  cookieAge?: number | undefined
  /** `SESSION_EXPIRE_AT_BROWSER_CLOSE`. @default false */
  expireAtBrowserClose?: boolean | undefined
}

/**
 * Adopts sessions of Django 4.2 and later, from its signed cookies or its table:
 * `createSessions({ accept: [fromDjango({ secretKey, user: (data) => data._auth_user_id })] })`. Only `JSONSerializer`, which
 * is Django's default, is read: a pickle is refused. The backend `cache` is not read.
 *
 * A new password ends the user's other sessions in Django. Here it does only if `user` compares `_auth_user_hash`, or if you
 * call `revokeAll`.
 *
 * **From the table**, a sign-out here destroys the row. A copy of the cookie opens nothing after that. Otherwise it opens its
 * session until the row expires. The backend `cached_db` has the same table, but Django still opens an ended session from its
 * cache, unless `destroy` deletes it there too.
 *
 * **From signed cookies**, a sign-out here deletes the cookie, and this cookie is not adopted again. Django writes a different
 * one each time that it changes the session: a copy of an earlier one opens a session of its own until it is `cookieAge` old,
 * even after a sign-out there.
 *
 * The cookies of two guests can be equal. So a guest's signed cookie is a new session in each request.
 *
 * `revokeAll` refuses all sessions that Django wrote before it. `absoluteTimeout` counts from when Django wrote the cookie; with
 * the table, from the adoption.
 *
 * @throws `ERR_OPTIONS`, `ERR_SECRET_MISSING`
 */
export function fromDjango(options: FromDjangoOptions): ForeignSessions {
  const { secretKey, secretKeyFallbacks = [], store, cookieAge = 14 * 86_400, expireAtBrowserClose = false } = options
  checkDjangoOptions(options)
  const secrets = readForeignSecrets('fromDjango', 'secretKey', [secretKey, ...secretKeyFallbacks])
  const records = store && toPromiseStore('fromDjango', store)
  const reader = createDjangoReader(secrets, records ? djangoBackends.database : djangoBackends.cookie)
  const readSigned = (text: string, secret: string) => {
    const signed = reader.read(text)
    if (signed === null) return null
    const { data, writtenAt } = signed
    return {
      data,
      kept: omitDjangoKeys(data),
      secret,
      writtenAt,
      remember: data['_session_expiry'] == null ? !expireAtBrowserClose : data['_session_expiry'] !== 0,
    }
  }

  return createReader<DjangoData>(
    {
      name: 'django',
      caller: 'fromDjango',
      optionNames: ['secretKey', 'secretKeyFallbacks', 'store', 'cookieAge', 'expireAtBrowserClose'],
      defaultCookieName: 'sessionid',
      async open(value, request) {
        const { now } = request.context
        if (records === undefined) {
          const found = readSigned(value, value)
          if (found === null || now - found.writtenAt > cookieAge * 1000) return null
          // Guests whose cookies have the same data, and were written in the same second, have the same cookie.
          return { ...found, isShared: true }
        }
        if (!sessionKeyPattern.test(value)) return null
        const row = await request.ask(() => records.get(value))
        if (!isObject(row) || typeof row['session_data'] !== 'string' || hasExpired(row['expire_date'], now))
          return null
        const found = readSigned(row['session_data'], value)
        // Django writes the row again under the same key: an earlier start would let its end be forgotten earlier.
        return found && { ...found, createdAt: now, ...createSettleSteps(records, value, request) }
      },
    },
    options,
  )
}

/** Django's keys have 32 characters, and a column for 40. */
const sessionKeyPattern = /^[a-z\d]{8,40}$/

// A text is not compared: it may be without a time zone. The query compares it.
const hasExpired = (expiresAt: unknown, now: number): boolean =>
  expiresAt instanceof Date && !(expiresAt.getTime() > now)

function omitDjangoKeys(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isDjangos = (key: string) => key.startsWith('_auth_user_') || key === '_session_expiry' || key === '_csrftoken'
  return Object.fromEntries(Object.entries(data).filter(([key]) => !isDjangos(key)))
}

function checkDjangoOptions({
  secretKeyFallbacks = [],
  cookieAge = 1,
  expireAtBrowserClose = false,
}: FromDjangoOptions) {
  if (!Array.isArray(secretKeyFallbacks))
    throw optionsError('secretKeyFallbacks of fromDjango must be a list: SECRET_KEY_FALLBACKS.')
  if (!(typeof cookieAge === 'number' && cookieAge > 0))
    throw optionsError('cookieAge of fromDjango must be a number of seconds: SESSION_COOKIE_AGE.')
  checkBoolean('fromDjango', 'expireAtBrowserClose', expireAtBrowserClose)
}
