import { checkSeconds } from '../../core/check-options.ts'
import { optionsError } from '../../core/errors.ts'
import { warnOnce } from '../../core/warn-once.ts'
import { checkFormerStore } from '../shared/former-store.ts'
import { createRandomId } from '../shared/random-id.ts'
import { createReplacedIds } from '../shared/replaced-ids.ts'
import { createSafeStore } from '../shared/safe-store.ts'
import { warnOfShortSecrets, type SigningSecret } from '../shared/signature.ts'
import { defaultUserOf, type UserOf } from '../shared/user-of.ts'
import type { DropInOptions } from './drop-in-options.ts'
import { configureStored, isStored, MemoryStore, toExpressStore } from './memory-store.ts'
import type { SessionRequest } from './session.ts'
import type { Store } from './store.ts'
import { wasRefused } from './stored-session-store.ts'

/** Attributes of the cookie. `maxAge` is in milliseconds. */
export interface CookieSettings {
  readonly path?: string | undefined
  readonly secure?: boolean | 'auto' | undefined
  readonly sameSite?: boolean | string | undefined
  readonly [name: string]: unknown
}

/** The options of the middleware. @types/express-session documents those of express-session. */
export interface Options extends DropInOptions {
  readonly cookie?: CookieSettings | ((request: any) => CookieSettings) | undefined
  readonly genid?: ((request: any) => string) | undefined
  readonly name?: string | undefined
  readonly key?: string | undefined
  readonly proxy?: boolean | undefined
  readonly resave?: boolean | undefined
  readonly rolling?: boolean | undefined
  readonly saveUninitialized?: boolean | undefined
  readonly secret?: SigningSecret | readonly SigningSecret[] | undefined
  readonly unset?: 'destroy' | 'keep' | undefined
}

export type Settings = ReturnType<typeof readSettings>

/** Reads the options, and adds their defaults. @throws `TypeError` as express-session does; `ERR_OPTIONS` for the options of Sojourn */
export function readSettings(options: Options) {
  // Programs pass `null`, or an empty text, for an option that they do not set.
  const cookie = options.cookie || {}
  const genid = options.genid || createRandomId
  const unset = options.unset || 'keep'
  const { userOf = defaultUserOf } = options
  const { resave = true, saveUninitialized = true, rolling = false, proxy, saveErrors = 'before' } = options
  const { rotate = true, cacheHeaders = true } = options
  if (typeof genid !== 'function') throw new TypeError('genid option must be a function')
  if (unset !== 'destroy' && unset !== 'keep') throw new TypeError('unset option must be "destroy" or "keep"')
  if (saveErrors !== 'before' && saveErrors !== 'after') throw optionsError("saveErrors must be 'before' or 'after'.")
  if (typeof userOf !== 'function') throw optionsError('userOf must be a function of the session.')
  return {
    cookieOf: (request: SessionRequest): CookieSettings => (typeof cookie === 'function' ? cookie(request) : cookie),
    name: options.name || options.key || 'connect.sid',
    secrets: readSecrets(options.secret),
    ...readStore({ ...options, store: options.store || new MemoryStore() }, userOf),
    isDestroyedByUnset: unset === 'destroy',
    createId: genid,
    resave: Boolean(resave),
    saveUninitialized: Boolean(saveUninitialized),
    rolling: Boolean(rolling),
    proxy,
    saveErrors,
    rotate,
    cacheHeaders,
    userOf,
    replacedIds: createReplacedIds(),
  }
}

/** @throws `TypeError` for an empty list */
function readSecrets(secret: Options['secret']): readonly SigningSecret[] | null {
  if (Array.isArray(secret) && secret.length === 0)
    throw new TypeError('secret option array must contain one or more strings')
  // A program may list an environment variable that is not set.
  const secrets = ([secret].flat() as readonly SigningSecret[]).filter(Boolean)
  if (secrets.length === 0) {
    warnOnce(
      'sojourn: session(…) has no secret, so requests fail with "secret option required for sessions", unless cookie-parser has one. Check its environment variable.',
    )
    return null
  }
  warnOfShortSecrets(secrets)
  return secrets
}

/** The store of the middleware, and what it says of the last write of a session. */
interface StoreInUse {
  readonly store: Store
  /** Whether the session's last write was left out, because the session has ended. */
  readonly wasRefused: (session: object) => boolean
}

/** The options of the store, which has a default. */
type StoreOptions = Omit<DropInOptions, 'saveErrors'> & { readonly store: object }

/** Reads the options of the store. @throws `ERR_OPTIONS` */
export function readStore(options: StoreOptions, userOf: UserOf): StoreInUse {
  const { store, from, ttl = 86_400, touchAfter = 0, storeTimeout, onEvent, marks } = options
  checkSeconds('ttl', ttl, 1)
  checkFormerStore(from)
  const stored = { userOf, from, ttl, touchAfter, storeTimeout, onEvent }
  if (isStored(store)) {
    configureStored(store, stored)
    return { store, wasRefused }
  }
  const given: any = store
  if (typeof given.create === 'function' && typeof given.end === 'function')
    return { store: toExpressStore(given, stored), wasRefused }
  if (from !== undefined) throw optionsError('from needs a store of Sojourn, such as redisStore(…).')
  if (typeof given.get !== 'function' || typeof given.set !== 'function')
    throw optionsError('store must be a store of Sojourn, such as sqliteStore(…), or one of express-session.')
  const refused = new WeakSet()
  return {
    store: createSafeStore(given as Store, { marks, onRefused: (_, session) => void refused.add(session) }),
    wasRefused: (session) => refused.has(session),
  }
}
