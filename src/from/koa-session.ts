import type { ForeignSessions } from '../cookies/foreign.ts'
import { createReader, type FoundSession } from './shared/create-reader.ts'
import { createSettleSteps, toPromiseStore, type ForeignStore, type PromiseStore } from './shared/foreign-store.ts'
import { isObject, parseJsonObject } from './shared/json-object.ts'
import { createKeygripCheck, signedCookieNames, type KeygripKeys } from './shared/keygrip.ts'
import type { ReaderOptions } from './shared/reader-options.ts'
import type { ForeignData } from './shared/stored-session.ts'

/** A store as koa-session takes it. */
export interface KoaSessionStore {
  /** Returns the record of a session, or a promise of it. */
  get(id: string, maxAge: any, options: any): unknown
  /** Removes a record. May return a promise. */
  destroy(id: string, options: any): unknown
}

/** Options of {@link fromKoaSession}: values from the application that uses koa-session. It also takes those of `ReaderOptions`. */
export interface FromKoaSessionOptions extends ReaderOptions<ForeignData> {
  /** `app.keys` of Koa: newest first, or a `Keygrip`. */
  keys: KeygripKeys
  /**
   * `store` of koa-session: the application's own object, as it is. It is called with `ctx: {}`, so a store that needs a request, and
   * `ContextStore`, must be wrapped: `{ get: (id) => …, destroy: (id) => … }`.
   *
   * @default none: the cookie has the data
   */
  store?: KoaSessionStore | undefined
  /** `key` of koa-session, which was `koa:sess` before version 6. @default 'koa.sess' */
  cookieName?: string | undefined
}

/**
 * Adopts sessions of koa-session, from its signed cookie or from its store:
 * `createSessions({ accept: [fromKoaSession({ keys, user })] })`. Users remain signed in, guests remain guests, and all keep their data. Cookies that
 * are not signed (`signed: false`) are refused.
 *
 * A session is live until the time in its cookie or record, as for koa-session, and counts as used now. The time of the sign-in is
 * unknown: `signedInAt` is `null`. `absoluteTimeout` counts from the instant at which the cookie was written; from the adoption with a
 * store, or with `maxAge: 'session'`.
 *
 * With a store, a sign-out with the old cookie destroys the record. Otherwise the record remains until it expires in its store.
 * Without a store, nothing ends the old cookie but its deletion: a copy is valid for koa-session's `maxAge` after it was written, one
 * day by default, and with `maxAge: 'session'` for as long as its key is accepted.
 *
 * A copy opens the session that was adopted, and nothing if that was signed out or
 * revoked. If that idled out, the copy opens it again. This is remembered until the absolute timeout refuses the
 * copy itself or, with a store or `maxAge: 'session'`, for at least one absolute timeout from the adoption. So remove the reader within one
 * absolute timeout of the change. A copy of an earlier cookie is adopted as a session of its own. `revokeAll` refuses all cookies that
 * were written before it and, with a store or `maxAge: 'session'`, all of that user's old sessions for one absolute timeout.
 *
 * @throws `ERR_OPTIONS`, `ERR_SECRET_MISSING`
 */
export function fromKoaSession(options: FromKoaSessionOptions): ForeignSessions {
  const caller = 'fromKoaSession'
  const { cookieName = 'koa.sess' } = options
  const reader = createReader<ForeignData>(
    {
      name: 'koa-session',
      caller,
      optionNames: ['keys', 'store'],
      defaultCookieName: 'koa.sess',
      cookieNames: signedCookieNames,
      async open(value, request) {
        const { now } = request.context
        if (!isSigned(request.header, cookieName, value)) return null
        if (store === null) {
          return readSession(parseJsonObject(Buffer.from(value, 'base64').toString('utf8')), value, now)
        }
        const session = readSession(await request.ask(() => store.get(value)), value, now)
        return (
          session && { ...session, isShared: false, writtenAt: undefined, ...createSettleSteps(store, value, request) }
        )
      },
    },
    options,
  )
  const isSigned = createKeygripCheck(caller, options.keys)
  const store = options.store === undefined ? null : wrapStore(caller, options.store)
  return reader
}

/** The longest lifetime that a store is asked for. koa-session passes its own, and most stores ignore it. */
const dayMs = 86_400_000

function wrapStore(caller: string, store: KoaSessionStore): PromiseStore {
  // Check that it has both functions.
  toPromiseStore(caller, store as ForeignStore)
  return {
    get: async (id) => (await store.get(id, dayMs, { rolling: false, ctx: {} })) as object | null,
    destroy: async (id) => store.destroy(id, { ctx: {} }),
  }
}

/** Returns the session in koa-session's JSON, or `null` if there is none, or it has expired. */
function readSession(json: object | null | undefined, secret: string, now: number): FoundSession<ForeignData> | null {
  if (!isObject(json)) return null
  const { _expire, _maxAge, _session, ...data } = json
  if (typeof _expire === 'number' && _expire < now) return null
  const writtenAt = typeof _expire === 'number' && typeof _maxAge === 'number' ? _expire - _maxAge : undefined
  return {
    data,
    secret,
    // Without an instant, the cookies of guests with the same data are equal.
    isShared: true,
    writtenAt,
    remember: _session !== true,
  }
}
