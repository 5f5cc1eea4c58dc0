import type { RegisteredData } from './data.ts'
import { noStore } from './errors.ts'
import { cookieKeeper } from './keeper.ts'
import { readOptions, type SessionsOptions, type Settings } from './options.ts'
import { createRequests, type CommitOptions, type Committed, type Requests } from './requests.ts'
import type { Revocation } from './revocation.ts'
import type { Schema } from './schema.ts'
import type { Session } from './session.ts'
import type { SessionInfo } from './store.ts'

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
}

/** The sessions made here, with what adapters call in their stead: the same, at once where nothing has to be waited for. */
const made = new WeakMap<
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
  const { requests, ...devices } = settings.store === null ? inCookies(settings) : inStore(settings)
  const sessions: Sessions<any> = {
    open: async (cookieHeader) => requests.open(cookieHeader),
    commit: async (session, commitOptions) => headersOf(await requests.commit(session, commitOptions)),
    ...devices,
  }
  made.set(sessions, { requests, open: sessions.open, commit: sessions.commit })
  return sessions
}

type Kept = { requests: Requests<any> } & Pick<Sessions<any>, 'revocable' | 'list' | 'revoke' | 'revokeAll'>

function inCookies(settings: Settings): Kept {
  const requests = createRequests<any>(settings, cookieKeeper(settings))
  return { requests, revocable: false, list: refuse, revoke: refuse, revokeAll: refuse }
}

async function refuse(): Promise<never> {
  throw noStore('listed or revoked')
}

// Loaded only where there is a store: most of it is of no use to those who have none.
function inStore(settings: Settings): Kept {
  let moments = 0
  // Taken when somebody asks, and not when what they ask is loaded: the order of two things is told by it.
  const nextMoment = () => ({ at: settings.now(), count: ++moments })
  const loading = import('./in-store.ts').then(({ keepInStore }) => {
    const { keeper, ...devices } = keepInStore(settings, settings.store!, nextMoment)
    return { ...devices, ...createRequests<any>(settings, keeper) }
  })
  // Whoever asks is told.
  loading.catch(() => {})
  return {
    requests: {
      isAtOnce: false,
      async open(cookieHeader, moment = nextMoment()) {
        return (await loading).open(cookieHeader, moment)
      },
      commit: async (session, options) => (await loading).commit(session, options),
    },
    revocable: true,
    list: async (userId) => (await loading).list(userId),
    revoke: async (userId, id) => (await loading).revoke(userId, id),
    async revokeAll(userId, { except } = {}) {
      const moment = nextMoment()
      return (await loading).revokeAll(userId, moment, except)
    },
  }
}

/**
 * For adapters: the two ends of a request. Sessions that somebody wrapped, or whose `open` or `commit` were replaced before
 * they were mounted, are asked as they are.
 */
export function requestsOf<Data extends object>(sessions: Sessions<Data>): Requests<Data> {
  const own = made.get(sessions)
  if (own !== undefined && own.open === sessions.open && own.commit === sessions.commit) return own.requests
  return {
    isAtOnce: false,
    open: async (cookieHeader) => sessions.open(cookieHeader),
    commit: async (session, options) => committedBy(await sessions.commit(session, options)),
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

const committedBy = (headers: Headers): Committed => ({
  cookies: headers.getSetCookie(),
  isPrivate: headers.has('Cache-Control'),
})
