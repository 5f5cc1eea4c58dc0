import { noStoreError, optionsError } from './core/errors.ts'
import type { RegisteredData } from './core/session-data-type.ts'
import { readOptions, type SessionsOptions, type Settings } from './options.ts'
import { cookieRepository } from './repository/cookie-repository.ts'
import type { SessionRepository } from './repository/repository.ts'
import type { Revocation, RevocationOfAll } from './repository/revocation.ts'
import type { CommitOptions, CommitResult } from './request/commit.ts'
import { createLifecycle, type RequestLifecycle } from './request/lifecycle.ts'
import { parseSetCookie, type SetCookie } from './request/set-cookie.ts'
import type { Schema } from './session/schema.ts'
import { stateOf, type Session } from './session/session.ts'
import type { SessionInfo } from './stores/store.ts'
import type { MaybePromise } from './util/maybe-promise.ts'

export type { CommitOptions, Revocation, RevocationOfAll }

/** A request's cookies: the request, its headers, the text of its `Cookie` header, or `null`. */
export type CookieSource = Request | Headers | string | null | undefined

/** Headers for the response, and their cookies for hosts that set them by name. */
// A class, because a property of its own would make each `Headers` three times as slow.
export class CommitHeaders extends Headers {
  /** The cookies of the `Set-Cookie` lines. */
  get cookies(): readonly SetCookie[] {
    return this.getSetCookie().map(parseSetCookie)
  }
}

/** Opens the session of each request, and commits its changes. */
export interface Sessions<Data extends object = RegisteredData> {
  /** Opens the session of a request, or a guest session. It never throws because of the cookies' contents. */
  open(source: CookieSource): Promise<Session<Data>>

  /**
   * Saves the changes, and resolves to headers for the response; to no headers if the session was not used. Append each
   * `Set-Cookie`, or set each of `cookies` by name; merge `Vary`, and replace the response's `Cache-Control`. Call it once,
   * before the response starts, also if the handler failed. If it throws, the response must not report success. Then call it
   * again with `failed: true`, so that sessions that ended are still ended.
   *
   * @throws `ERR_DATA` if `data` holds a value that JSON cannot encode; `ERR_COOKIE_TOO_BIG` if a cookie would exceed 4,096
   * bytes; `ERR_COMMITTED` if it is called twice; `ERR_SESSION_LIMIT` if a sign-in exceeds `maxSessions` and `onLimit` is
   * `'refuse'`; `ERR_SIGN_IN_REFUSED` if the user's sessions were ended during the sign-in; `ERR_SESSION_UNAVAILABLE` if the
   * store does not answer
   */
  commit(session: Session<Data>, options?: CommitOptions): Promise<CommitHeaders>

  /** Whether sessions can be listed and revoked. That needs a store, and a format whose ids are not secret. */
  readonly revocable: boolean

  /** Lists a user's live sessions, most recently used first (ASVS 5.0, 7.5.2). @throws `ERR_NO_STORE`; `ERR_SESSION_UNAVAILABLE`, after 2 seconds at most */
  list(userId: string): Promise<SessionInfo[]>

  /** Ends one session of a user. The id of another user's session ends nothing, so it may come from a form without a check. @throws `ERR_NO_STORE`; `ERR_SESSION_UNAVAILABLE`, after 2 seconds at most */
  revoke(userId: string, id: string): Promise<Revocation>

  /**
   * Ends all sessions of a user (ASVS 5.0, 7.4.3) in one step, including sign-ins in progress and sessions that no store has seen
   * yet. A sign-in whose request was opened a few milliseconds later may be refused, too.
   *
   * @param options `except` is a session to keep, such as the one of this request. If it has ended, no session ends, and the
   * result says `exceptEnded`
   * @throws `ERR_NO_STORE`; `ERR_SESSION_UNAVAILABLE`, after 2 seconds at most: then some sessions may have ended
   */
  revokeAll(userId: string, options?: { except?: Session<Data> | undefined }): Promise<RevocationOfAll>

  /**
   * Watches a session while a socket or a stream of it is open. The signal aborts within a second after the session's cookie
   * stops opening it, on any server. The signal's reason is the outcome `ended`, `revoked`, `limit`, `idle` or `expired`; or
   * `renewed`, if the session continues with a new cookie. Then close the socket, so that the client reconnects with its present cookie: a
   * client that has only the old cookie is rejected.
   *
   * @param options `until` ends the watch; abort it when the socket has closed
   * @throws `ERR_NO_STORE`; `ERR_OPTIONS` if `until` is not an `AbortSignal`
   */
  watch(session: Session<Data>, options?: { until?: AbortSignal | undefined }): AbortSignal
}

/** The lifecycle of each sessions object, for adapters. Its functions return a promise only if they have to wait. */
export const internalsOf = new WeakMap<
  object,
  { readonly lifecycle: RequestLifecycle<any>; readonly open: unknown; readonly commit: unknown }
>()

/** Creates the sessions of an application, with data that a schema checks and types. Call it once, at the top of a module. @throws as without a schema */
export function createSessions<Data extends object>(
  options: SessionsOptions & {
    /** The schema of the data, as a Standard Schema. If stored data does not match, the session opens with empty data: its user remains signed in. */
    schema: Schema<Data>
  },
): Sessions<Data>

/**
 * Creates the sessions of an application. Call it once, at the top of a module.
 *
 * If production has no secret, the first `open` throws `ERR_SECRET_MISSING`, so that a build needs none. The adapters of
 * servers throw it at start.
 *
 * @throws `ERR_SECRET_WEAK` if a secret has fewer than 32 bytes or can be guessed; `ERR_COOKIE_OPTIONS` for cookies that browsers would reject; `ERR_OPTIONS` for any other invalid option
 */
export function createSessions<Data extends object = RegisteredData>(options?: SessionsOptions): Sessions<Data>
export function createSessions(options: SessionsOptions = {}): Sessions<any> {
  const settings = readOptions(options)
  for (const library of settings.accept) library.fits?.(settings)
  const { repository, management } = settings.store === null ? cookieBackend(settings) : storeBackend(settings)
  const lifecycle = createLifecycle<any>(settings, repository)
  const sessions: Sessions<any> = {
    open: async (source) => lifecycle.open(readCookieHeader(source)),
    commit: async (session, commitOptions) => headersOf(await lifecycle.commit(session, commitOptions)),
    ...management,
  }
  internalsOf.set(sessions, { lifecycle, open: sessions.open, commit: sessions.commit })
  return sessions
}

/** The repository of the sessions, and the methods of `Sessions` that manage them. */
interface Backend {
  readonly repository: MaybePromise<SessionRepository>
  readonly management: Omit<Sessions<any>, 'open' | 'commit'>
}

function cookieBackend(settings: Settings): Backend {
  const rejectListing = async (): Promise<never> => {
    throw noStoreError('listed or revoked')
  }
  return {
    repository: cookieRepository(settings),
    management: {
      revocable: false,
      list: rejectListing,
      revoke: rejectListing,
      revokeAll: rejectListing,
      watch() {
        throw noStoreError('watched')
      },
    },
  }
}

/** Loads the store backend with `import()`, because servers without a store need none of it. */
function storeBackend(settings: Settings): Backend {
  const loading = import('./repository/store-backend.ts').then(({ createStoreBackend }) => createStoreBackend(settings))
  return {
    repository: loading.then(({ repository }) => repository),
    management: {
      revocable: !settings.capabilities.idIsSecret,
      list: async (userId) => (await loading).list(userId),
      revoke: async (userId, id) => (await loading).revoke(userId, id),
      revokeAll: async (userId, { except } = {}) => (await loading).revokeAll(userId, except),
      watch(session, { until } = {}) {
        if (until && !('aborted' in until))
          throw optionsError('The option until of watch must be an AbortSignal, such as controller.signal.')
        // Copy the state now, because it may change before the backend has loaded. A value that is not a session throws here.
        const snapshot = { ...stateOf(session) }
        const controller = new AbortController()
        void loading.then(({ watch }) => watch(snapshot, controller, until))
        return controller.signal
      },
    },
  }
}

function readCookieHeader(source: CookieSource): string | null | undefined {
  if (typeof source === 'string' || source == null) return source
  const headers: Partial<Headers> = (source as Partial<Request>).headers ?? (source as Headers)
  const header: unknown = typeof headers.get === 'function' ? headers.get('Cookie') : undefined
  if (typeof header === 'string' || header === null) return header
  throw optionsError(
    'sessions.open takes a Request, Headers, the text of a Cookie header, or null. In Node: request.headers.cookie',
  )
}

function headersOf({ cookies, isPrivate }: CommitResult): CommitHeaders {
  const headers = new CommitHeaders()
  for (const cookie of cookies) headers.append('Set-Cookie', cookie)
  if (isPrivate) {
    headers.set('Vary', 'Cookie')
    headers.set('Cache-Control', 'no-store')
  }
  return headers
}
