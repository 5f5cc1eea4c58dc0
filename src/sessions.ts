import type { RegisteredData } from './data.ts'
import { SojournError } from './errors.ts'
import { readOptions, type SessionsOptions } from './options.ts'
import { createRequests, type CommitOptions, type Committed, type Requests } from './requests.ts'
import type { Session } from './session.ts'

export type { CommitOptions }

/** What is shown of a session in a list. Instants are epoch milliseconds. */
export interface SessionInfo {
  /** The same for the session's whole life; what `revoke` takes. It opens nothing. */
  readonly id: string
  /** Whose session it is; `null` for a guest's. */
  readonly userId: string | null
  /** When it began, in epoch milliseconds. */
  readonly createdAt: number
  /** When its user last proved who they are, in epoch milliseconds; `null` for a guest's. */
  readonly signedInAt: number | null
  /** When it was last used, in epoch milliseconds, as precise as `touchAfter` writes it. */
  readonly lastSeenAt: number
  /** When it ends if it is not used again, in epoch milliseconds. */
  readonly expiresAt: number
  /** Whether the cookie outlives the browser. */
  readonly remember: boolean
  /** What the application calls the device, or `null`. */
  readonly label: string | null
}

/** What became of a revocation. */
export interface Revocation {
  /** How many sessions ended. */
  readonly ended: number
  /** `false` while a replica that the store was asked to wait for has not answered: a failover could undo it. */
  readonly confirmed: boolean
}

/** Opens a session for each request and commits what became of it. */
export interface Sessions<Data extends object = RegisteredData> {
  /** Opens the session that a `Cookie` header names, or a guest's. Nothing that a client sends makes it throw. */
  open(cookieHeader: string | null | undefined): Promise<Session<Data>>

  /**
   * Keeps what changed and resolves to the headers for the response: none when the session was not touched. Append each
   * `Set-Cookie`, merge `Vary`, and let `Cache-Control` replace the response's own. Call it before any byte leaves,
   * once, whatever the handler did. Where it throws, nothing has happened yet, and it may be called again as `failed`.
   *
   * @throws `ERR_DATA` when `data` holds what JSON cannot carry; `ERR_COOKIE_TOO_BIG` when a cookie would have more than
   * 4,096 bytes; `ERR_COMMITTED` when it is called twice.
   */
  commit(session: Session<Data>, options?: CommitOptions): Promise<Headers>

  /** Whether sessions can be listed and revoked: whether there is a store that can. */
  readonly revocable: boolean

  /** Lists a user's live sessions, the last used first. @throws `ERR_NO_STORE` */
  list(userId: string): Promise<SessionInfo[]>

  /** Ends one session of a user. An id of another user ends nothing, so that it may come straight from a form. @throws `ERR_NO_STORE` */
  revoke(userId: string, id: string): Promise<Revocation>

  /**
   * Ends all sessions of a user (ASVS 5.0, 7.4.3), save the one that is given as `except`, such as the one that asks for it.
   *
   * @throws `ERR_NO_STORE`
   */
  revokeAll(userId: string, options?: { except?: Session<Data> | undefined }): Promise<Revocation>
}

/** The sessions made here, with what adapters call in their stead: the same, at once where nothing has to be waited for. */
const made = new WeakMap<
  object,
  { readonly requests: Requests<any>; readonly open: unknown; readonly commit: unknown }
>()

/**
 * Creates the sessions of an application; once, at the top of a module.
 *
 * @throws `ERR_SECRET_MISSING` when production has no secret; `ERR_SECRET_WEAK` when one has under 32 bytes, or is known;
 * `ERR_COOKIE_OPTIONS` for cookies that a browser would refuse; `ERR_OPTIONS` for any other option that makes no sense.
 */
export function createSessions<Data extends object = RegisteredData>(options: SessionsOptions = {}): Sessions<Data> {
  const requests = createRequests<Data>(readOptions(options))
  const sessions: Sessions<Data> = {
    open: async (cookieHeader) => requests.open(cookieHeader),
    commit: async (session, commitOptions) => headersOf(await requests.commit(session, commitOptions)),
    revocable: false,
    list: noStore,
    revoke: noStore,
    revokeAll: noStore,
  }
  made.set(sessions, { requests, open: sessions.open, commit: sessions.commit })
  return sessions
}

/**
 * For adapters: the two ends of a request. Sessions that somebody wrapped, or whose `open` or `commit` were replaced, are
 * asked as they are.
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

async function noStore(): Promise<never> {
  throw new SojournError(
    'ERR_NO_STORE',
    'Sessions that live in their cookie cannot be listed or revoked: that needs a store, and this version has none. To sign everybody out, change SECRET_KEY and keep no fallback.',
  )
}
