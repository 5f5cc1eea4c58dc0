import type { ForeignSessions } from '../cookies/foreign.ts'
import { optionsError } from '../core/errors.ts'
import { createUnsealer, type IronPasswords } from './shared/iron.ts'
import { decodeCookieValue } from './shared/cookie-values.ts'
import { createReader } from './shared/create-reader.ts'
import { isObject } from './shared/json-object.ts'
import type { ReaderOptions } from './shared/reader-options.ts'
import type { ForeignData } from './shared/stored-session.ts'
import { checkIronPasswords } from './shared/iron-passwords.ts'

/** Options of {@link fromIronSession}. */
export interface FromIronSessionOptions extends ReaderOptions<ForeignData> {
  /** `cookieName` of iron-session, which has no default. */
  cookieName: string
  /** `password` of iron-session: a text, or a text for each id, such as `{ 1: '…', 2: '…' }`. */
  password: IronPasswords | undefined
  /**
   * `ttl` of iron-session, in seconds. It says when a cookie was written: if it is shorter than there, `revokeAll` may spare cookies of before
   * it. Leave it out if `cookieOptions` has `maxAge: undefined`, so that sessions end with the browser as there.
   *
   * @default 1209600 (14 days)
   */
  ttl?: number | undefined
}

/** iron-session 9 splits a cookie into at most 4. */
const maxChunks = 4

/**
 * Adopts sessions from the sealed cookies of iron-session 8 and 9, also from cookies in chunks:
 * `createSessions({ accept: [fromIronSession({ cookieName, password, user: (data) => data.userId })] })`.
 *
 * iron-session has no list of its sessions, and no ids. A sign-out here deletes its cookie, and the session of that cookie is
 * not adopted again. iron-session writes a different cookie with each `save()`: a copy of an earlier one opens a session of its
 * own until it expires, `ttl` after it was written. With `ttl: 0` or `maxAge: undefined` it never does, so such a copy opens until its password is
 * removed here; after a sign-out, the same cookie is refused for one absolute timeout from its adoption. `revokeAll` refuses
 * all cookies of the user that were written before it; with `ttl: 0`, all.
 *
 * `absoluteTimeout` counts from when the cookie was written; with `ttl: 0`, from the adoption.
 *
 * @throws `ERR_OPTIONS`, `ERR_SECRET_MISSING`
 */
export function fromIronSession(options: FromIronSessionOptions): ForeignSessions {
  const { password, ttl = 14 * 86_400 } = options
  checkIronPasswords('fromIronSession', password)
  if (!(typeof ttl === 'number' && ttl >= 0))
    throw optionsError('ttl of fromIronSession must be a number of seconds, as in iron-session, or 0.')
  const unsealer = createUnsealer(password, [1])

  return createReader<ForeignData>(
    {
      name: 'iron-session',
      caller: 'fromIronSession',
      optionNames: ['password', 'ttl'],
      defaultCookieName: '',
      maxChunks,
      async open(value, request) {
        // The version behind the seal is not authenticated, so it must not be part of the identity.
        const seal = decodeCookieValue(value).replace(/~\d+$/, '')
        const unsealed = await unsealer.unseal(seal, request.context.now, request)
        if (unsealed === null || !isObject(unsealed.data)) return null
        const { data, expiresAt } = unsealed
        return {
          data,
          kept: data,
          secret: seal,
          // With `ttl: 0`, iron-session's cookie lasts, and its seal has no end.
          remember: expiresAt !== null || ttl === 0,
          ...(expiresAt !== null && ttl > 0 && { writtenAt: expiresAt - ttl * 1000 }),
        }
      },
    },
    options,
  )
}
