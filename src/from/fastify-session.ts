import crypto from 'node:crypto'
import type { ForeignSessions } from '../cookies/foreign.ts'
import { decodeCookieValue } from './shared/cookie-values.ts'
import { createReader } from './shared/create-reader.ts'
import { readForeignSecrets, type ForeignSecrets } from './shared/foreign-secrets.ts'
import { createSettleSteps, toPromiseStore, type ForeignStore } from './shared/foreign-store.ts'
import { optionsError } from '../core/errors.ts'
import type { ReaderOptions } from './shared/reader-options.ts'
import { readStoredSession, type ForeignData } from './shared/stored-session.ts'
import { unsign } from './shared/unsign.ts'

export type { ForeignStore } from './shared/foreign-store.ts'

/** Options of {@link fromFastifySession}: values from the application that uses @fastify/session. It also takes those of `ReaderOptions`. */
export interface FromFastifySessionOptions extends ReaderOptions<ForeignData> {
  /** `secret` of @fastify/session: one, or a list with the newest first. Or its signer, an object with `unsign`. */
  secret: ForeignSecrets | { unsign(value: string): { valid: boolean; value?: string | null } }
  /**
   * `store` of @fastify/session: the application's own object, as it is. Or an object with `get(id)` and `destroy(id)` that return
   * promises.
   */
  store: ForeignStore
  /** `algorithm` of @fastify/session. @default 'sha256' */
  algorithm?: string | undefined
  /** `cookiePrefix` of @fastify/session. @default '' */
  cookiePrefix?: string | undefined
  /** `cookieName` of @fastify/session. @default 'sessionId' */
  cookieName?: string | undefined
}

/**
 * Adopts sessions of @fastify/session: `createSessions({ accept: [fromFastifySession({ secret, store, user })] })`. Users remain
 * signed in, guests remain guests, and all keep their data and the messages of @fastify/flash.
 *
 * A session is live until the time in its record, as for @fastify/session, and without one as long as the store returns it. The
 * time of the sign-in is unknown: `signedInAt` is `null`, and `absoluteTimeout` counts from the adoption. Therefore, for one
 * absolute timeout after `revokeAll`, all sessions of that user in the old store are refused.
 *
 * A sign-out with the old cookie destroys the record. Otherwise the record remains until it expires. Until then a copy of the old
 * cookie opens the session that was adopted, and nothing if that was signed out or
 * revoked, which is remembered for at least one absolute
 * timeout from the adoption. If that idled out, the copy opens it again. So remove the reader, or clear the old store, within one absolute timeout of the change.
 *
 * @throws `ERR_OPTIONS`, `ERR_SECRET_MISSING`
 */
export function fromFastifySession(options: FromFastifySessionOptions): ForeignSessions {
  const caller = 'fromFastifySession'
  const { cookiePrefix = '' } = options
  const reader = createReader<ForeignData>(
    {
      name: 'fastify-session',
      caller,
      optionNames: ['secret', 'store', 'algorithm', 'cookiePrefix'],
      defaultCookieName: 'sessionId',
      async open(value, request) {
        const decoded = decodeCookieValue(value)
        const id = decoded.startsWith(cookiePrefix) ? readId(decoded.slice(cookiePrefix.length)) : null
        if (id === null) return null
        const session = readStoredSession(await request.ask(() => store.get(id)), id)
        if (session === null) return null
        const { expires, originalExpires } = session.cookie
        const expiresAt = new Date(originalExpires ?? expires ?? NaN).valueOf()
        if (expiresAt <= request.context.now) return null
        return { ...session, ...createSettleSteps(store, id, request) }
      },
    },
    options,
  )
  const readId = createUnsign(caller, options)
  const store = toPromiseStore(caller, options.store)
  return reader
}

/** Returns the function that takes the signature off a value, and returns `null` if it is not valid. */
function createUnsign(
  caller: string,
  { secret, algorithm = 'sha256' }: FromFastifySessionOptions,
): (signed: string) => string | null {
  if (isSigner(secret))
    return (signed) => {
      const { valid, value = null } = secret.unsign(signed)
      return valid ? value : null
    }
  const secrets = readForeignSecrets(caller, 'secret', secret)
  if (!crypto.getHashes().includes(algorithm))
    throw optionsError(`algorithm of ${caller} is not a hash of Node: ${algorithm}.`)
  return (signed) => unsign(signed, secrets, { algorithm })
}

type Signer = Extract<FromFastifySessionOptions['secret'], { unsign: unknown }>

const isSigner = (secret: unknown): secret is Signer => typeof Reflect.get(Object(secret), 'unsign') === 'function'
