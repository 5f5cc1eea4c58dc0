import type { ForeignSessions } from '../cookies/foreign.ts'
import { optionsError } from '../core/errors.ts'
import { createRailsReader } from './shared/rails-message.ts'
import { decodeCookieValue } from './shared/cookie-values.ts'
import { createReader } from './shared/create-reader.ts'
import type { ForeignMessage } from './shared/data-texts.ts'
import { readForeignSecrets, type ForeignSecrets } from './shared/foreign-secrets.ts'
import { isObject } from './shared/json-object.ts'
import type { ReaderOptions } from './shared/reader-options.ts'

/** `session` of an application. With Devise, `data['warden.user.user.key']` is `[[id], part of the password's hash]`. */
export type RailsData = Readonly<Record<string, any>>

/** Options of {@link fromRails}. */
export interface FromRailsOptions extends ReaderOptions<RailsData> {
  /**
   * The name of the cookie: `_app_session` for an application `App`, or `key` of `session_store`. It is part of what Rails
   * encrypts.
   */
  cookieName: string
  /** `secret_key_base`, exactly as in Rails. Several: the newest first. */
  secretKeyBase: ForeignSecrets
  /**
   * `expire_after` of `session_store`, in seconds. It says when a cookie was written: if it is shorter than there, `revokeAll` may spare
   * cookies of before it.
   *
   * @default none: the session ends with the browser, as in Rails
   */
  expireAfter?: number | undefined
}

/**
 * Adopts sessions from the encrypted cookie of Rails 7 and later, and of Rails 6 with its defaults:
 * `createSessions({ accept: [fromRails({ cookieName, secretKeyBase, user: (data) => data.user_id })] })`. Messages of `flash`
 * become flash messages. With Devise, the user is `data['warden.user.user.key']?.[0]?.[0]`.
 *
 * Only cookies in JSON are read, so `cookies_serializer` must be `:json` or `:hybrid`. A cookie in Marshal is refused: switch
 * to `:hybrid` in Rails first, and wait until visitors have new cookies.
 *
 * Rails has no list of these sessions. A sign-out here deletes the cookie. The cookie's `session_id`, which stays the same
 * until Rails resets the session, is not adopted again with this user for one absolute timeout. A copy of the cookie opens its
 * session until it expires, `expire_after` after it was written. Without `expire_after` it never does: it opens until its
 * secret is removed here.
 *
 * `absoluteTimeout` counts from the adoption. With `expireAfter`, `revokeAll` refuses all cookies of the user that were written
 * before it. Without, it refuses all cookies of the user that were not adopted before it, even from a later sign-in there, for
 * one absolute timeout.
 *
 * @throws `ERR_OPTIONS`, `ERR_SECRET_MISSING`
 */
export function fromRails(options: FromRailsOptions): ForeignSessions {
  const { cookieName, expireAfter } = options
  const secrets = readForeignSecrets('fromRails', 'secretKeyBase', options.secretKeyBase)
  if (expireAfter !== undefined && !(typeof expireAfter === 'number' && expireAfter > 0))
    throw optionsError('expireAfter of fromRails must be a number of seconds: expire_after.')
  const reader = createRailsReader(secrets, cookieName)

  return createReader<RailsData>(
    {
      name: 'rails',
      caller: 'fromRails',
      optionNames: ['secretKeyBase', 'expireAfter'],
      defaultCookieName: '',
      open(value, { context: { now } }) {
        const message = reader.read(decodeCookieValue(value), now)
        if (message === null) return null
        const { data, expiresAt, tag } = message
        const { session_id: id } = data
        return {
          data,
          kept: omitRailsKeys(data),
          messages: readFlash(data['flash']),
          secret: typeof id === 'string' && id !== '' ? id : tag,
          // Rails writes other cookies with the same id: an earlier start would let their end be forgotten earlier.
          createdAt: now,
          ...(expiresAt !== null && expireAfter !== undefined && { writtenAt: expiresAt - expireAfter * 1000 }),
          remember: expiresAt !== null,
        }
      },
    },
    options,
  )
}

function omitRailsKeys(data: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const isRails = (key: string) => ['session_id', '_csrf_token', 'flash'].includes(key) || key.startsWith('warden.')
  return Object.fromEntries(Object.entries(data).filter(([key]) => !isRails(key)))
}

/** Reads the messages of Rails' `flash`, except those that have been shown already. */
function readFlash(flash: unknown): readonly ForeignMessage[] {
  if (!isObject(flash) || !isObject(flash['flashes'])) return []
  const shown: readonly unknown[] = Array.isArray(flash['discard']) ? flash['discard'] : []
  return Object.entries(flash['flashes'])
    .filter(([category]) => !shown.includes(category))
    .map(([category, message]) => ({
      category,
      message: typeof message === 'string' ? message : JSON.stringify(message),
    }))
}
