import { goOn } from './util/maybe-promise.ts'
import type { RegisteredData } from './core/session-data-type.ts'
import { noStore, SojournError } from './core/errors.ts'
import { cookieKeeper } from './repository/cookie-repository.ts'
import { readOptions, type SessionsOptions, type Settings } from './options.ts'
import { createRequests, type CommitOptions, type Committed, type Requests } from './request/lifecycle.ts'
import type { Moment } from './core/logical-time.ts'
import type { Revocation } from './repository/revocation.ts'
import type { Schema } from './session/schema.ts'
import { stateOf, type Session } from './session/session.ts'
import type { SessionInfo } from './stores/store.ts'

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

/** The sessions made here, with what adapters call in their stead: the same, at once where nothing has to be waited for. */
export const made = new WeakMap<
  object,
  { readonly requests: Requests<any>; readonly open: unknown; readonly commit: unknown }
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
  const { requests: ours, ...devices } = settings.store === null ? inCookies(settings) : inStore(settings)
  const requests = takingOver(settings, ours)
  const sessions: Sessions<any> = {
    open: async (cookieHeader) => requests.open(cookieHeader),
    commit: async (session, commitOptions) => headersOf(await requests.commit(session, commitOptions)),
    ...devices,
  }
  made.set(sessions, { requests, open: sessions.open, commit: sessions.commit })
  return sessions
}

type Kept = { requests: Requests<any> } & Omit<Sessions<any>, 'open' | 'commit'>

function inCookies(settings: Settings): Kept {
  const requests = createRequests<any>(settings, cookieKeeper(settings))
  return { requests, revocable: false, list: refuse, revoke: refuse, revokeAll: refuse, watch: refuseToWatch }
}

// Loaded only where there is something to take over.
function takingOver(settings: Settings, requests: Requests<any>): Requests<any> {
  for (const reader of settings.accept) reader.fits?.(settings)
  if (settings.accept.length === 0) return requests
  const loading = import('./request/foreign-sessions.ts').then(({ accepting }) => accepting(settings, requests))
  return later(loading, requests.moment)
}

/** Ends of requests that are being loaded. Once they are, nobody waits who need not: a visitor without a cookie, above all. */
function later(loading: Promise<Pick<Requests<any>, 'open' | 'commit'>>, moment: () => Moment): Requests<any> {
  let loaded: Awaited<typeof loading> | null = null
  // Whoever asks is told why not.
  loading.then((ends) => (loaded = ends)).catch(() => {})
  return {
    isAtOnce: false,
    moment,
    open: (header, now = moment(), theirs) => goOn(loaded ?? loading, ({ open }) => open(header, now, theirs)),
    commit: (session, options) => goOn(loaded ?? loading, ({ commit }) => commit(session, options)),
  }
}

async function refuse(): Promise<never> {
  throw noStore('listed or revoked')
}

function refuseToWatch(): never {
  throw noStore('watched')
}

// Loaded only where there is a store: most of it is of no use to those who have none.
function inStore(settings: Settings): Kept {
  let moments = 0
  // Taken when somebody asks, and not when what they ask is loaded: the order of two things is told by it.
  const nextMoment = () => ({ at: settings.now(), count: ++moments })
  const loading = import('./repository/store-backend.ts').then(({ keepInStore }) => {
    const { keeper, ...devices } = keepInStore(settings, settings.store!, nextMoment)
    return { ...devices, ...createRequests<any>(settings, keeper) }
  })
  return {
    requests: later(loading, nextMoment),
    revocable: !settings.format.secretIds,
    list: async (userId) => (await loading).list(userId),
    revoke: async (...asked) => (await loading).revoke(...asked),
    async revokeAll(userId, { except } = {}) {
      const moment = nextMoment()
      return (await loading).revokeAll(userId, moment, except)
    },
    watch(session, { until } = {}) {
      if (until && !('aborted' in until))
        throw new SojournError('ERR_OPTIONS', 'watch takes until, an AbortSignal: controller.signal')
      // As it is now, and what is no session is told at once.
      const was = { ...stateOf(session) }
      const ended = new AbortController()
      void loading.then(({ watch }) => watch(was, ended, until))
      return ended.signal
    },
  }
}

function headersOf({ cookies, isPrivate }: Committed): Headers {
  const headers = new Headers()
  for (const cookie of cookies) headers.append('Set-Cookie', cookie)
  if (isPrivate) {
    headers.set('Vary', 'Cookie')
    headers.set('Cache-Control', 'no-store')
  }
  return headers
}
