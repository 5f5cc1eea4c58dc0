import { randomUUID } from 'node:crypto'
import { optionsError } from '../../core/errors.ts'
import type { SessionEvent } from '../../core/events.ts'
import type { SessionStore } from '../../stores/store.ts'
import { checkFormerStore } from '../shared/former-store.ts'
import { noListsError } from '../shared/management-errors.ts'
import { createReplacedIds } from '../shared/replaced-ids.ts'
import { defaultUserOf, userIdOf } from '../shared/user-of.ts'
import { checkMaxAge } from './record-of.ts'
import { createRecordsOf, type KoaRecord, type KoaStore, type Records } from './records.ts'
import { createSealedCookies } from './sealed-cookies.ts'
import { createStoredRecords, type Lists } from './stored-records.ts'

/** The options of koa-session. Other options are attributes of the cookie, as Koa's `ctx.cookies.set` takes them. */
export interface KoaSessionOptions extends DropInOptions {
  /** The cookie's name. @default 'koa.sess' */
  key?: string | undefined
  /**
   * How long a session lives after it was saved, in milliseconds; `'session'`: until the browser is closed.
   *
   * @default 86400000 (a day), in a cookie that ends when the browser is closed
   */
  maxAge?: number | 'session' | undefined
  /** Whether the session is saved after the middleware behind this one; otherwise call `ctx.session.manuallyCommit()`. @default true */
  autoCommit?: boolean | undefined
  /** Whether earlier cookies of the name are left out of the response. @default true */
  overwrite?: boolean | undefined
  /** Whether the cookie is hidden from the page's scripts. @default true */
  httpOnly?: boolean | undefined
  /** Whether cookies are signed with `app.keys`. @default true */
  signed?: boolean | undefined
  /** Whether each response starts the session's life again. @default false */
  rolling?: boolean | undefined
  /** Whether a response starts the session's life again when half of it is over. @default false */
  renew?: boolean | undefined
  /** Whether browsers send the cookie over https only. @default whether the request came over https */
  secure?: boolean | undefined
  /** The cookie's `SameSite`. @default not set */
  sameSite?: string | boolean | null | undefined
  /** Where the key of a session is, instead of a cookie. Needs `store` or `ContextStore`. @default a cookie */
  externalKey?: { get(ctx: any): string | null | undefined; set(ctx: any, key: string): void } | undefined
  /** A class of stores, of which each request has one: `new ContextStore(ctx)`. @default not set */
  ContextStore?: (new (ctx: any) => KoaStore) | undefined
  /** Writes the session as text. @default JSON; with `wire: 'peer'`, its base64 */
  encode?: ((record: any) => string) | undefined
  /** Reads what `encode` has written. @default JSON from base64 */
  decode?: ((text: string) => any) | undefined
  /** Makes a key for the store. @default a random UUID behind `prefix` */
  genid?: ((ctx: any) => string) | undefined
  /** The beginning of each key. @default '' */
  prefix?: string | undefined
  /** Whether a session is valid. @default each is, until it expires */
  valid?: ((ctx: any, record: any) => unknown) | undefined
  /** Called before a session is saved. @default nothing is called */
  beforeSave?: ((ctx: any, session: any) => void) | undefined
  [attribute: string]: any
}

/** The options that Sojourn's drop-in has besides those of koa-session. Durations are in seconds. */
export interface DropInOptions {
  /**
   * Where sessions are: a store of Sojourn, such as `redisStore(…)`, or a store as koa-session takes it.
   *
   * @default undefined: cookies hold the data
   */
  store?: SessionStore | KoaStore | undefined
  /** The store that was used before. Its sessions are taken over on their next request. Only with a store of Sojourn. @default undefined */
  from?: KoaStore | undefined
  /**
   * Without a store: whether cookies are sealed, or as koa-session writes them. With `'sealed'`, signed cookies of koa-session are read and
   * replaced. With `'peer'`, servers with koa-session may run beside this one, and sealed cookies are read and replaced.
   *
   * @default 'sealed'
   */
  wire?: 'sealed' | 'peer' | undefined
  /**
   * Returns the user of a session, by whom sessions are listed and revoked; nothing for a guest. When the user changes, the session
   * gets a new id.
   *
   * @default `passport.user`, `userId` or `user`: an id, or the `id` of an object
   */
  userOf?: ((session: any) => string | number | null | undefined) | undefined
  /** The least time between two writes of a session's last use. Only with a store of Sojourn. @default 0 */
  touchAfter?: number | undefined
  /** How long to wait for an answer of the store. Only with a store of Sojourn. @default 0.25 */
  storeTimeout?: number | undefined
  /**
   * Whether a sign-out leaves a mark in a store of koa-session for an hour, so that a slow request of another process does not
   * bring the session back. It costs one read for each write.
   *
   * @default true, except for stores whose class is called `MemoryStore`
   */
  marks?: boolean | undefined
  /** Whether a response that sets the cookie gets `Cache-Control: no-store` and `Vary: Cookie`. @default true */
  cacheHeaders?: boolean | undefined
  /** Receives events, for logs and metrics. Only with a store of Sojourn. @default undefined */
  onEvent?: ((event: SessionEvent) => void) | undefined
}

export type Settings = ReturnType<typeof readSettings>

const encodeBase64 = (record: object): string => Buffer.from(JSON.stringify(record)).toString('base64')
const decodeBase64 = (text: string): unknown => JSON.parse(Buffer.from(text, 'base64').toString('utf8'))

/** Reads the options, and adds their defaults. @throws `TypeError` as koa-session does; `ERR_OPTIONS` for the options of Sojourn */
export function readSettings(given: KoaSessionOptions) {
  const {
    wire = 'sealed',
    userOf = defaultUserOf,
    from,
    touchAfter,
    storeTimeout,
    onEvent,
    store,
    marks,
    cacheHeaders = true,
    ...rest
  } = given
  if (wire !== 'sealed' && wire !== 'peer') throw optionsError("wire must be 'sealed' or 'peer'.")
  if (typeof userOf !== 'function') throw optionsError('userOf must be a function of the session.')
  checkFormerStore(from)
  checkMaxAge(rest.maxAge ?? rest['maxage'])
  for (const name of ['encode', 'decode', 'genid', 'valid', 'beforeSave'])
    if (rest[name] != null && typeof rest[name] !== 'function') throw new TypeError(`${name} must be function`)
  checkMethods('externalKey', rest.externalKey, ['get', 'set'])
  checkMethods('ContextStore', rest.ContextStore?.prototype, ['get', 'set', 'destroy'])
  const key = rest.key ?? 'koa.sess'
  const { ContextStore, prefix = '' } = rest
  const stored = { userOf, from, touchAfter: touchAfter ?? 0, storeTimeout, onEvent }
  const recordsOf = createRecordsOf({ marks, prefix })
  return {
    /** The attributes of the cookie, which a request may change, and koa-session's other options. */
    attributes: {
      overwrite: true,
      httpOnly: true,
      signed: true,
      ...definedOf(rest),
      maxAge: rest.maxAge ?? rest['maxage'],
    },
    key,
    autoCommit: rest.autoCommit ?? true,
    rolling: rest.rolling ?? false,
    renew: rest.renew ?? false,
    externalKey: rest.externalKey,
    encode: rest.encode ?? encodeBase64,
    encodeSealed: rest.encode ?? JSON.stringify,
    decode: rest.decode ?? decodeBase64,
    decodeSealed: rest.encode === undefined ? JSON.parse : (rest.decode ?? decodeBase64),
    genid: rest.genid ?? (() => `${prefix}${randomUUID()}`),
    valid: rest.valid,
    beforeSave: rest.beforeSave,
    wire,
    cacheHeaders,
    sealedCookies: createSealedCookies(key),
    replacedKeys: createReplacedIds(),
    userOf: (record: KoaRecord) => userIdOf(userOf, record),
    ...readStore(
      store,
      stored,
      (ctx) => (ContextStore === undefined ? null : recordsOf(new ContextStore(ctx))),
      recordsOf,
    ),
  }
}

function readStore(
  store: SessionStore | KoaStore | undefined,
  stored: Omit<Parameters<typeof createStoredRecords>[0], 'store'>,
  recordsInContext: (ctx: unknown) => Records | null,
  recordsOf: (store: KoaStore) => Records,
): { readonly recordsIn: (ctx: unknown) => Records | null; readonly management: Lists } {
  if (store !== undefined && 'create' in store && 'end' in store) {
    const { records, management } = createStoredRecords({ ...stored, store })
    return { recordsIn: (): Records | null => records, management }
  }
  if (stored.from !== undefined) throw optionsError('from needs a store of Sojourn, such as redisStore(…).')
  checkMethods('store', store, ['get', 'set', 'destroy'])
  const reject = async (): Promise<never> => {
    throw noListsError()
  }
  const records = store === undefined ? null : recordsOf(store as KoaStore)
  const management: Lists = { list: reject, revoke: reject, revokeAll: reject }
  return { recordsIn: (ctx: unknown) => records ?? recordsInContext(ctx), management }
}

function checkMethods(name: string, value: any, methods: readonly string[]): void {
  if (value == null) return
  for (const method of methods)
    if (typeof value[method] !== 'function') throw new TypeError(`${name}.${method} must be function`)
}

const definedOf = (options: object): Record<string, any> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
