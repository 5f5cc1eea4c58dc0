import { hkdfSync } from 'node:crypto'
import type { ForeignSessions } from '../cookies/foreign.ts'
import { checkAuthJsVersion, sessionCookieName } from './auth-js-database.ts'
import { decryptJwe, type JweKeys } from './shared/jwe.ts'
import { decodeCookieValue } from './shared/cookie-values.ts'
import { createReader } from './shared/create-reader.ts'
import { readForeignSecrets, type ForeignSecrets } from './shared/foreign-secrets.ts'
import { parseJsonObject } from './shared/json-object.ts'
import type { ReaderOptions } from './shared/reader-options.ts'

export {
  fromAuthJsDatabase,
  type AuthJsAdapter,
  type AuthJsSession,
  type FromAuthJsDatabaseOptions,
} from './auth-js-database.ts'

/** The claims of a token, as the callback `jwt` returned them: `sub`, `name`, `email`, `picture` and your own. */
export type AuthJsToken = Readonly<Record<string, any>>

/** Options of {@link fromAuthJs}. */
export interface FromAuthJsOptions extends ReaderOptions<AuthJsToken> {
  /** `AUTH_SECRET` or `NEXTAUTH_SECRET`, exactly as there. Several: the newest first. */
  secret: ForeignSecrets
  /** The version that wrote the cookies: 5 for Auth.js and next-auth 5, 4 for next-auth 4. @default 5 */
  version?: 4 | 5 | undefined
}

/**
 * Adopts sessions from the encrypted tokens of Auth.js and next-auth 4, in one cookie or in chunks:
 * `createSessions({ accept: [fromAuthJs({ secret, user: (token) => token.sub })] })`. If their sessions are in a database, use
 * `fromAuthJsDatabase`.
 *
 * The cookie is `authjs.session-token` or, with next-auth 4, `next-auth.session-token`; with `NODE_ENV=production` it has the
 * prefix `__Secure-`, because a site with https has it there. Set `cookieName` if yours differs. Auth.js derives its key from
 * that name, so a wrong one opens nothing.
 *
 * Auth.js has no list of its tokens. A sign-out here deletes its cookie, and that token is not adopted again. Auth.js writes a
 * new token each time that a page asks for the session: a copy of an earlier one opens a session of its own until it expires
 * (its `maxAge`, 30 days by default). `revokeAll` refuses all tokens of the user that were written before it. `absoluteTimeout`
 * counts from when the token was written.
 *
 * @throws `ERR_OPTIONS`, `ERR_SECRET_MISSING`
 */
export function fromAuthJs(options: FromAuthJsOptions): ForeignSessions {
  const { secret, version = 5, cookieName = sessionCookieName(version) } = options
  checkAuthJsVersion('fromAuthJs', version)
  const secrets = readForeignSecrets('fromAuthJs', 'secret', secret)
  const keys = version === 4 ? deriveNextAuthKeys(secrets) : deriveAuthJsKeys(secrets, cookieName)

  return createReader<AuthJsToken>(
    {
      name: 'auth-js',
      caller: 'fromAuthJs',
      optionNames: ['secret', 'version'],
      defaultCookieName: cookieName,
      maxChunks,
      open(value, { context: { now } }) {
        const decrypted = decryptJwe(decodeCookieValue(value), keys)
        const claims = decrypted && parseJsonObject(decrypted.text)
        if (decrypted === null || claims === null || !isInTime(claims, now)) return null
        const { iat, exp: _exp, jti, sub: _sub, nbf: _nbf, ...kept } = claims
        return {
          data: claims,
          kept,
          secret: typeof jti === 'string' ? jti : decrypted.tag,
          ...(typeof iat === 'number' && { writtenAt: iat * 1000 }),
          remember: true,
        }
      },
    },
    options,
  )
}

/** Auth.js has no limit. 16 chunks are 64 KB, more than servers accept in a header. */
const maxChunks = 16

const deriveKey = (secret: Uint8Array, salt: string, info: string, length: number): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, salt, info, length))

function deriveAuthJsKeys(secrets: readonly Uint8Array[], cookieName: string): JweKeys {
  const info = `Auth.js Generated Encryption Key (${cookieName})`
  return {
    'A256CBC-HS512': secrets.map((secret) => deriveKey(secret, cookieName, info, 64)),
    A256GCM: secrets.map((secret) => deriveKey(secret, cookieName, info, 32)),
  }
}

function deriveNextAuthKeys(secrets: readonly Uint8Array[]): JweKeys {
  const info = 'NextAuth.js Generated Encryption Key'
  return { 'A256CBC-HS512': [], A256GCM: secrets.map((secret) => deriveKey(secret, '', info, 32)) }
}

/** How far the clock of the server that wrote the token may differ. Auth.js allows the same. */
const clockToleranceSeconds = 15

/** Whether a token is valid now (RFC 7519 sections 4.1.4 and 4.1.5). A claim that is no number makes it invalid. */
function isInTime({ exp, nbf }: Readonly<Record<string, unknown>>, now: number): boolean {
  const seconds = now / 1000
  if (exp !== undefined && !(typeof exp === 'number' && exp > seconds - clockToleranceSeconds)) return false
  return nbf === undefined || (typeof nbf === 'number' && nbf <= seconds + clockToleranceSeconds)
}
