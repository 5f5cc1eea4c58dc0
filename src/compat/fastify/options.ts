import { optionsError } from '../../core/errors.ts'
import type { DropInOptions } from '../express/drop-in-options.ts'
import { readStore } from '../express/options.ts'
import { createRandomId } from '../shared/random-id.ts'
import { createReplacedIds } from '../shared/replaced-ids.ts'
import { warnOfShortSecrets, type SigningSecret } from '../shared/signature.ts'
import { defaultUserOf } from '../shared/user-of.ts'
import { checkFormerStore } from '../shared/former-store.ts'
import { withoutExpired } from './former-store.ts'
import type { CookieSettings } from './host.ts'
import { MemoryStore, setUserOf } from './memory-store.ts'
import { createSigner, type Signer } from './signer.ts'

/** The options of the plugin. The types of @fastify/session document those of @fastify/session. */
export interface Options extends FastifyDropInOptions {
  readonly secret?: SigningSecret | readonly SigningSecret[] | Signer | undefined
  readonly algorithm?: string | undefined
  readonly cookieName?: string | undefined
  readonly cookiePrefix?: string | undefined
  readonly cookie?: CookieSettings | undefined
  readonly rolling?: boolean | undefined
  readonly saveUninitialized?: boolean | undefined
  readonly idGenerator?: ((request: any) => string) | undefined
}

/**
 * The options that Sojourn's drop-in has besides those of @fastify/session: also those of the drop-in for express-session, except
 * `saveErrors`.
 */
export interface FastifyDropInOptions extends Omit<DropInOptions, 'saveErrors'> {
  /**
   * When a cookie is deleted that opens no session. `'peer'` deletes it as @fastify/session does, whenever a response saves no session.
   * Then a request that meets a server without the right secret, or a passing fault, signs its user out.
   *
   * @default 'never'
   */
  clearCookie?: 'never' | 'peer' | undefined
}

export type Settings = ReturnType<typeof readSettings>

/** Reads the options, and adds their defaults. @throws an error as @fastify/session does; `ERR_OPTIONS` for the options of Sojourn */
export function readSettings(options: Options) {
  const { cookieName = '', cookiePrefix = '', cookie = {}, algorithm, clearCookie = 'never' } = options
  const { rolling = true, saveUninitialized = true, rotate = true, cacheHeaders = true } = options
  const { idGenerator = createRandomId, userOf = defaultUserOf, from } = options
  if (clearCookie !== 'never' && clearCookie !== 'peer') throw optionsError("clearCookie must be 'never' or 'peer'.")
  if (typeof userOf !== 'function') throw optionsError('userOf must be a function of the session.')
  checkFormerStore(from)
  const store = options.store ?? new MemoryStore()
  setUserOf(store, userOf)
  return {
    signer: readSigner(options.secret, algorithm || 'sha256'),
    cookieName: cookieName || 'sessionId',
    cookiePrefix,
    cookie: { ...cookie, secure: cookie.secure ?? true },
    ...readStore({ ...options, store, from: from && withoutExpired(from) }, userOf),
    createId: idGenerator,
    rolling,
    saveUninitialized,
    rotate,
    cacheHeaders,
    clearCookie,
    userOf,
    replacedIds: createReplacedIds(),
  }
}

function readSigner(secret: Options['secret'], algorithm: string): Signer {
  if (typeof secret === 'string') {
    if (secret.length < 32) throw new Error('the secret must have length 32 or greater')
    return createSigner([secret], algorithm)
  }
  if (Array.isArray(secret)) {
    if (secret.length === 0) throw new Error('at least one secret is required')
    warnOfShortSecrets(secret)
    return createSigner(secret, algorithm)
  }
  const { sign, unsign } = (secret ?? {}) as Partial<Signer>
  if (typeof sign === 'function' && typeof unsign === 'function') return secret as Signer
  throw new Error(
    'the secret option is required, and must be a String, Array of Strings, or a signer object with .sign and .unsign methods',
  )
}
