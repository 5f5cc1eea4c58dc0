import { noStoreError, SojournError } from './core/errors.ts'
import type { RegisteredData } from './core/session-data-type.ts'
import { readOptions, type SessionsOptions, type Settings } from './options.ts'
import { cookieRepository } from './repository/cookie-repository.ts'
import type { SessionRepository } from './repository/repository.ts'
import type { Revocation } from './repository/session-revocation.ts'
import type { CommitOptions, CommitResult } from './request/commit.ts'
import { createLifecycle, type RequestLifecycle } from './request/lifecycle.ts'
import type { Schema } from './session/schema.ts'
import { stateOf, type Session } from './session/session.ts'
import type { SessionInfo } from './stores/store.ts'
import type { MaybePromise } from './util/maybe-promise.ts'

export type { CommitOptions, Revocation }

/** Opens a session for each request and commits what became of it. */
export interface Sessions<Data extends object = RegisteredData> {
  /** Opens the session that a `Cookie` header names, or a guest's. Nothing that a client sends makes it throw. */
  open(cookieHeader: string | null | undefined): Promise<Session<Data>>

  /**
   * Keeps what changed and resolves to the headers for the response: none when the session was not touched. Append each
   * `Set-Cookie`, merge `Vary`, and let `Cache-Control` replace the response's own. Call it before any byte leaves,
   * once, whatever the handler did. Where it throws, the response must not pass for a success; call it again as `failed`, for
   * what ended.
   *
   * @throws `ERR_DATA` when `data` holds what JSON cannot carry; `ERR_COOKIE_TOO_BIG` when a cookie would have more than
   * 4,096 bytes; `ERR_COMMITTED` when it is called twice; `ERR_SESSION_UNAVAILABLE` when a store does not answer.
   */
  commit(session: Session<Data>, options?: CommitOptions): Promise<Headers>

  /** Whether sessions can be listed and revoked: whether there is a store that can. */
  readonly revocable: boolean

  /** Lists a user's live sessions, the last used first (ASVS 5.0, 7.5.2). @throws `ERR_NO_STORE`; `ERR_SESSION_UNAVAILABLE` */
  list(userId: string): Promise<SessionInfo[]>

  /** Ends one session of a user. An id of another user ends nothing, so that it may come straight from a form. @throws `ERR_NO_STORE`; `ERR_SESSION_UNAVAILABLE` */
  revoke(userId: string, id: string): Promise<Revocation>

  /**
   * Ends all sessions of a user (ASVS 5.0, 7.4.3), and sign-ins that are under way, save the one that is given as `except`,
   * such as the one that asks for it: also those that no store has seen yet. Ends none if that one is not live.
   *
   * @throws `ERR_NO_STORE`; `ERR_SESSION_UNAVAILABLE`
   */
  revokeAll(userId: string, options?: { except?: Session<Data> | undefined }): Promise<Revocation>

  /**
   * Watches a session for as long as something of it is open, such as a socket or a stream: the signal aborts within a second
   * of the moment from which the cookie that it was opened with opens nothing, on whichever server. Its reason is the outcome,
   * `ended`, `revoked`, `idle` or `expired`; or `renewed`, where the session goes on with a new cookie: close what is open, and
   * let its client come back with the cookie that it has by now. Whoever has but the old one is refused then.
   *
   * @param options `until` ends the watching, when what was open has closed
   * @throws `ERR_NO_STORE`; `ERR_OPTIONS` for an `until` that is no signal
   */
  watch(session: Session<Data>, options?: { until?: AbortSignal | undefined }): AbortSignal
}

/** The lifecycle behind each sessions object, for adapters. It is synchronous unless something has to be waited for. */
export const internalsOf = new WeakMap<
  object,
  { readonly lifecycle: RequestLifecycle<any>; readonly open: unknown; readonly commit: unknown }
>()

/** Creates the sessions of an application, their data typed and checked by a schema; once, at the top of a module. @throws as without */
export function createSessions<Data extends object>(
  options: SessionsOptions & {
    /** What the data has to be, as a Standard Schema. Data that does not fit costs its owner the data, not the sign-in. */
    schema: Schema<Data>
  },
): Sessions<Data>

/**
 * Creates the sessions of an application; once, at the top of a module.
 *
 * @throws `ERR_SECRET_MISSING` when production has no secret; `ERR_SECRET_WEAK` when one has under 32 bytes, or is known;
 * `ERR_COOKIE_OPTIONS` for cookies that a browser would refuse; `ERR_OPTIONS` for any other option that makes no sense.
 */
export function createSessions<Data extends object = RegisteredData>(options?: SessionsOptions): Sessions<Data>
export function createSessions(options: SessionsOptions = {}): Sessions<any> {
  const settings = readOptions(options)
  for (const library of settings.accept) library.fits?.(settings)
  const { repository, management } = settings.store === null ? cookieBackend(settings) : storeBackend(settings)
  const lifecycle = createLifecycle<any>(settings, repository)
  const sessions: Sessions<any> = {
    open: async (cookieHeader) => lifecycle.open(cookieHeader),
    commit: async (session, commitOptions) => headersOf(await lifecycle.commit(session, commitOptions)),
    ...management,
  }
  internalsOf.set(sessions, { lifecycle, open: sessions.open, commit: sessions.commit })
  return sessions
}

/** Where sessions live, and the methods of `Sessions` that manage them. */
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
      async revokeAll(userId, { except } = {}) {
        // Take the timestamp when the call is made, not when the backend has loaded: it defines the order of operations.
        const moment = settings.tick()
        return (await loading).revokeAll(userId, moment, except)
      },
      watch(session, { until } = {}) {
        if (until && !('aborted' in until))
          throw new SojournError('ERR_OPTIONS', 'watch takes until, an AbortSignal: controller.signal')
        // Copy the state as it is when the call is made. A value that is no session throws here.
        const snapshot = { ...stateOf(session) }
        const controller = new AbortController()
        void loading.then(({ watch }) => watch(snapshot, controller, until))
        return controller.signal
      },
    },
  }
}

function headersOf({ cookies, isPrivate }: CommitResult): Headers {
  const headers = new Headers()
  for (const cookie of cookies) headers.append('Set-Cookie', cookie)
  if (isPrivate) {
    headers.set('Vary', 'Cookie')
    headers.set('Cache-Control', 'no-store')
  }
  return headers
}
