import type { ForeignSessions } from '../cookies/foreign.ts'
import { checkSeconds } from '../core/check-options.ts'
import { optionsError } from '../core/errors.ts'
import { decodeCookieValue } from './shared/cookie-values.ts'
import { createReader } from './shared/create-reader.ts'
import { readForeignSecrets, type ForeignSecrets } from './shared/foreign-secrets.ts'
import { parseJsonObject } from './shared/json-object.ts'
import { checkBoolean, type ReaderOptions } from './shared/reader-options.ts'
import { openSecretbox } from './shared/secretbox.ts'
import type { ForeignData } from './shared/stored-session.ts'

/** Options of {@link fromFastifySecureSession}: values from the application that uses @fastify/secure-session. It also takes those of `ReaderOptions`. */
export interface FromFastifySecureSessionOptions extends ReaderOptions<ForeignData> {
  /**
   * `key` of @fastify/secure-session: 32 bytes, or their base64, or a list of these with the newest first. An application with `secret` and `salt`
   * computes its key once, with sodium-native: the documentation has the lines.
   */
  key: ForeignSecrets
  /** `expiry` of @fastify/secure-session, in seconds since the last change. @default 86401 */
  expiry?: number | undefined
  /** Whether a session outlives the browser: whether its `cookie` has `maxAge` or `expires`. @default true */
  remember?: boolean | undefined
  /** `cookieName` of @fastify/secure-session, or else its `sessionName`. @default 'session' */
  cookieName?: string | undefined
}

/**
 * Adopts sessions from the encrypted cookie of @fastify/secure-session:
 * `createSessions({ accept: [fromFastifySecureSession({ key, user })] })`. Users remain signed in, guests remain guests, and all keep their data and
 * the messages of @fastify/flash.
 *
 * A session is live for `expiry` after its last change, as for @fastify/secure-session, and counts as used now. The time of the sign-in is
 * unknown: `signedInAt` is `null`, and `absoluteTimeout` counts from the last change.
 *
 * Nothing ends the old cookie but its deletion: a copy is valid for `expiry` after it was written. It opens the session that was
 * adopted, and nothing if that was signed out or
 * revoked, which is remembered until the absolute timeout refuses the copy itself. If that idled out, the copy opens it again.
 * A copy of an earlier cookie is adopted as a session of its own. `revokeAll` refuses all
 * cookies that were written before it.
 *
 * @throws `ERR_OPTIONS`, `ERR_SECRET_MISSING`
 */
export function fromFastifySecureSession(options: FromFastifySecureSessionOptions): ForeignSessions {
  const caller = 'fromFastifySecureSession'
  const { expiry = 86_401, remember = true } = options
  const reader = createReader<ForeignData>(
    {
      name: 'fastify-secure-session',
      caller,
      optionNames: ['key', 'expiry', 'remember'],
      defaultCookieName: 'session',
      open(value, { context: { now } }) {
        const cookie = readCookie(decodeCookieValue(value))
        const { __ts, ...data } = openCookie(cookie, keys) ?? {}
        if (typeof __ts !== 'number' || (__ts + expiry) * 1000 <= now) return null
        const writtenAt = __ts * 1000
        // The bytes, because base64 has several spellings. Another spelling must not be another session.
        const secret = Buffer.concat([cookie.nonce, cookie.box]).toString('base64')
        return { data, secret, writtenAt, remember }
      },
    },
    options,
  )
  checkSeconds('expiry', expiry, 1)
  checkBoolean(caller, 'remember', remember)
  const keys = readKeys(caller, options.key)
  return reader
}

function readKeys(caller: string, key: ForeignSecrets): readonly Uint8Array[] {
  const list: readonly unknown[] = Array.isArray(key) ? key : [key]
  return readForeignSecrets(caller, 'key', key).map((bytes, index) => {
    const decoded = typeof list[index] === 'string' ? Buffer.from(list[index], 'base64') : bytes
    if (decoded.length === 32) return decoded
    throw optionsError(`key of ${caller} must have 32 bytes, or be their base64; not ${decoded.length}.`)
  })
}

interface SealedCookie {
  readonly box: Uint8Array
  readonly nonce: Uint8Array
}

/** Reads `base64(box);base64(nonce)`. With the cookie option `signed`, a dot and a signature follow, which the box does not need. */
function readCookie(value: string): SealedCookie {
  const [box = '', nonce = ''] = value.split('.')[0]!.split(';')
  return { box: Buffer.from(box, 'base64'), nonce: Buffer.from(nonce, 'base64') }
}

function openCookie({ box, nonce }: SealedCookie, keys: readonly Uint8Array[]): Record<string, unknown> | null {
  for (const key of keys) {
    const text = openSecretbox(box, nonce, key)
    if (text !== null) return parseJsonObject(text.toString('utf8'))
  }
  return null
}
