import type { ForeignSessions } from '../cookies/foreign.ts'
import { readChunks } from './shared/cookie-chunks.ts'
import { decodeCookieValue, readForeignValues } from './shared/cookie-values.ts'
import { createReader } from './shared/create-reader.ts'
import { readForeignSecrets, type ForeignSecrets } from './shared/foreign-secrets.ts'
import { createSettleSteps, toPromiseStore } from './shared/foreign-store.ts'
import { toInstant } from './shared/instant.ts'
import type { ReaderOptions } from './shared/reader-options.ts'
import { unsign } from './shared/unsign.ts'

/** A session of better-auth, with its user, as `internalAdapter.findSession` returns them. */
export interface BetterAuthSession {
  /** The row of the session. */
  readonly session: {
    readonly userId: string
    readonly expiresAt: Date | number | string
    readonly createdAt?: Date | number | string | undefined
    readonly [column: string]: any
  }
  /** The row of the user. @default unknown */
  readonly user?: any
}

/** Finds and ends the sessions of better-auth by the token in their cookie. */
export interface BetterAuthStore {
  /** Resolves to a session, or to `null` if there is none. */
  get(token: string): Promise<BetterAuthSession | null | undefined>
  /** Removes a session. Does nothing if there is none. */
  destroy(token: string): Promise<unknown>
  /** Lets a session expire after so many seconds, if it would live longer. @default it lives as long as better-auth decided */
  shorten?: ((token: string, seconds: number) => Promise<unknown>) | undefined
}

/** Options of {@link fromBetterAuth}. */
export interface FromBetterAuthOptions extends ReaderOptions<BetterAuthSession> {
  /** `BETTER_AUTH_SECRET`, exactly as there. */
  secret: ForeignSecrets
  /** The application's own sessions: `internalAdapter` of `await auth.$context` has `findSession` and `deleteSession`. */
  store: BetterAuthStore
}

/**
 * Adopts sessions of better-auth:
 * `createSessions({ accept: [fromBetterAuth({ secret, store, user: ({ session }) => session.userId })] })`. The store has
 * better-auth's own functions:
 *
 * ```ts
 * const { internalAdapter } = await auth.$context
 * const store = {
 *   get: (token) => internalAdapter.findSession(token),
 *   destroy: (token) => internalAdapter.deleteSession(token),
 * }
 * ```
 *
 * The cookie is `better-auth.session_token`; with `NODE_ENV=production` it has the prefix `__Secure-`. Set `cookieName` if
 * yours differs. No data is kept without `dataOf`, because a row has nothing that an application has put there.
 *
 * A sign-out here deletes the session there. A copy of the cookie opens nothing after that. Otherwise it opens its session
 * until better-auth's row expires. `signedInAt` is the time of the sign-in there, and `absoluteTimeout` counts from it.
 * better-auth extends its sessions without such a limit, so users who signed in longer ago must sign in again.
 *
 * better-auth's own cache of a session in a cookie, `session_data`, is not read. It is deleted with the other cookies.
 *
 * @throws `ERR_OPTIONS`, `ERR_SECRET_MISSING`
 */
export function fromBetterAuth(options: FromBetterAuthOptions): ForeignSessions {
  const { cookieName = defaultCookieName() } = options
  const secrets = readForeignSecrets('fromBetterAuth', 'secret', options.secret)
  const store = toPromiseStore('fromBetterAuth', options.store)
  const verify = (value: string) => unsign(decodeCookieValue(value), secrets, { encode: encodePadded })
  // better-auth signs this cookie as well.
  const isTemporary = (header: string) =>
    readForeignValues(header, siblingName(cookieName, 'dont_remember')).some((value) => verify(value) === 'true')

  return createReader<BetterAuthSession>(
    {
      name: 'better-auth',
      caller: 'fromBetterAuth',
      optionNames: ['secret', 'store'],
      defaultCookieName: cookieName,
      cookieNames: listCookieNames,
      async open(value, request) {
        const token = verify(value)
        if (token === null || token === '') return null
        const found = (await request.ask(() => store.get(token))) as BetterAuthSession | null | undefined
        const { now } = request.context
        if (!found?.session || !(toInstant(found.session.expiresAt) > now)) return null
        const signedInAt = toInstant(found.session.createdAt)
        return {
          data: found,
          kept: {},
          secret: token,
          createdAt: signedInAt,
          signedInAt,
          remember: !isTemporary(request.header),
          ...createSettleSteps(store, token, request),
        }
      },
    },
    options,
  )
}

/** The cookie's name for a site with https in production, and without it otherwise. */
const defaultCookieName = (): string =>
  `${process.env['NODE_ENV'] === 'production' ? '__Secure-' : ''}better-auth.session_token`

const encodePadded = (hmac: Buffer): string => hmac.toString('base64')

const siblingName = (cookieName: string, name: string): string => cookieName.replace(/session_token$/, name)

/** Lists the cookies of a session that are in the header, so that none of them remains. */
function listCookieNames(name: string, header: string): readonly string[] {
  if (!name.endsWith('session_token')) return [name]
  const cache = siblingName(name, 'session_data')
  const others = [cache, siblingName(name, 'dont_remember')]
  const present = others.filter((each) => readForeignValues(header, each).length > 0)
  return [name, ...present, ...readChunks(header, cache, { max: maxChunks }).names]
}

const maxChunks = 16
