import type { RegisteredData } from './data.ts'
import { SojournError } from './errors.ts'
import type { Opened, Token } from './format.ts'
import { createJar, kindOf } from './jar.ts'
import { cookieKeeper } from './keeper.ts'
import { outlived, pastTimes } from './lifetime.ts'
import { readOptions, type SessionsOptions } from './options.ts'
import type { Outcome } from './outcome.ts'
import { createSession, stateOf, type Session } from './session.ts'
import { createState, stepOf } from './state.ts'

/** What is shown of a session in a list. Instants are epoch milliseconds. */
export interface SessionInfo {
  readonly id: string
  readonly userId: string | null
  readonly createdAt: number
  readonly signedInAt: number | null
  readonly lastSeenAt: number
  readonly expiresAt: number
  readonly remember: boolean
  readonly label: string | null
}

/** What became of a revocation. */
export interface Revocation {
  /** How many sessions ended. */
  readonly ended: number
  /** `false` while a replica that the store was asked to wait for has not answered: a failover could undo it. */
  readonly confirmed: boolean
}

/** What `commit` is told of the response. */
export interface CommitOptions {
  /** The response's status is 500 or more: keeps what ended and that it was used, drops all else. @default false */
  failed?: boolean | undefined
  /** A request that its user did not cause, such as polling: does not keep the session from idling out. @default false */
  background?: boolean | undefined
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
   * @throws `ERR_DATA`, `ERR_COOKIE_TOO_BIG`, `ERR_COMMITTED`
   */
  commit(session: Session<Data>, options?: CommitOptions): Promise<Headers>

  /** Whether sessions can be listed and revoked: whether there is a store that can. */
  readonly revocable: boolean

  /** Lists a user's live sessions, the last used first. @throws `ERR_NO_STORE` */
  list(userId: string): Promise<SessionInfo[]>

  /** Ends one session of a user. An id of another user ends nothing, so that it may come straight from a form. @throws `ERR_NO_STORE` */
  revoke(userId: string, id: string): Promise<Revocation>

  /** Ends all sessions of a user, save one. @throws `ERR_NO_STORE` */
  revokeAll(userId: string, options?: { except?: Session<Data> | undefined }): Promise<Revocation>
}

/** What one of our cookies in a request says. A token that was refused is there where its seal was right. */
interface Found {
  readonly outcome: Outcome
  readonly token: Token | null
  readonly key: number
}

const nothing: Found = { outcome: 'none', token: null, key: 0 }

/**
 * Creates the sessions of an application; once, at the top of a module.
 *
 * @throws `ERR_SECRET_MISSING`, `ERR_SECRET_WEAK`, `ERR_COOKIE_OPTIONS`, `ERR_OPTIONS`
 */
export function createSessions<Data extends object = RegisteredData>(options: SessionsOptions = {}): Sessions<Data> {
  const settings = readOptions(options)
  const { lifetimes, events } = settings
  const jar = createJar(settings.format, settings.cookies, lifetimes)
  const keeper = cookieKeeper()

  function judge(opened: Opened, now: number): Found {
    if (opened.outcome !== 'active') return { ...nothing, outcome: opened.outcome }
    const token = pastTimes(opened.token, now)
    return { outcome: outlived(token, lifetimes, now) ?? keeper.refusal(token) ?? 'active', token, key: opened.key }
  }

  function choose(values: readonly Opened[], now: number): Found {
    if (values.length < 2) return values[0] === undefined ? nothing : judge(values[0], now)
    // Another path or a parent domain sets one of the name as well: whichever opens is ours.
    const found = values.map((value) => judge(value, now))
    const active = found.filter(({ outcome }) => outcome === 'active')
    if (new Set(active.map(({ token }) => token?.identity?.id)).size > 1) return { ...nothing, outcome: 'ambiguous' }
    // Without ids they cannot be told apart: the first is the one that others take as well.
    if (active[0]?.token?.identity === null) return active[0]
    return active.toSorted((one, other) => other.token!.lastSeenAt - one.token!.lastSeenAt)[0] ?? found[0]!
  }

  function end(token: Token): void {
    keeper.end(token)
    events.emit?.({ type: 'ended', reason: 'signed-out', ...named(token), confirmed: true })
  }

  return {
    async open(cookieHeader) {
      const now = settings.now()
      const header = cookieHeader ?? ''
      const userValues = jar.read('user', header, now)
      const guestValues = jar.onlyOne ? [] : jar.read('guest', header, now)
      const user = choose(userValues, now)
      const guest = user.outcome === 'active' ? nothing : choose(guestValues, now)
      const live = user.outcome === 'active' ? user : guest.outcome === 'active' ? guest : nothing
      // The word is about the sign-in, where the request brought one: its person wants to know why they are a guest.
      const { outcome, token } = user.outcome === 'none' ? guest : user

      events.emit?.({ type: 'opened', outcome, ...named(token) })
      return createSession<Data>(
        createState(settings, {
          outcome,
          now,
          opened: live.token,
          oldKey: live.key > 0,
          mark: keeper.mark(),
          others:
            userValues.length > 1 ? userValues.flatMap((value) => (value.outcome === 'active' ? value.token : [])) : [],
          brought: { user: userValues.length > 0, guest: guestValues.length > 0 },
        }),
      )
    },

    async commit(session, { failed = false, background = false } = {}) {
      const state = stateOf(session)
      if (state.committed)
        throw new SojournError(
          'ERR_COMMITTED',
          'commit was called twice for one session: its headers have left. An adapter of sojourn commits by itself.',
        )
      const { signedOut } = state
      const { opened, others, mark, now, brought } = state.opening
      let step = stepOf(state, { failed, background })

      // A response that was on its way must not bring back what has ended meanwhile.
      if (step !== null && step.type !== 'began' && keeper.refusal(opened!) !== null) {
        events.emit?.({ type: 'refused', id: opened!.identity!.id, userId: opened!.userId })
        step = null
      }
      // A request that changed nothing must not put back what another one has changed since.
      if (step?.type === 'touched' && keeper.wroteSince(step.token, mark)) step = null
      // First, since it throws when the cookie is too big.
      // What was only used goes back as it came, also where all of it is the format's own.
      const emptied = step !== null && step.type !== 'touched' && settings.format.isEmpty?.(step.token) === true
      const kept = step === null || emptied ? null : jar.keep(step.token, now)
      const keptKind = kept === null ? null : jar.onlyOne ? 'user' : kindOf(step!.token)
      const entered = step?.type === 'began' && step.token.userId !== null

      if (opened !== null && (signedOut || entered)) end(opened)
      if (signedOut) others.filter((token) => token.identity?.id !== opened?.identity?.id).forEach(end)
      if (step?.type === 'renewed') keeper.replaced(opened!)
      if (step !== null) events.emit?.({ type: step.type, ...named(step.token) })
      if (step !== null) {
        keeper.wrote(step.token)
        state.keptId = step.token.identity?.id ?? null
      }
      state.committed = true
      state.accessed ||= kept !== null
      if (state.contents.values !== null) Object.freeze(state.contents.values)

      const headers = new Headers()
      if (kept !== null) headers.append('Set-Cookie', kept)
      if (brought.user && (signedOut || emptied) && keptKind !== 'user') headers.append('Set-Cookie', jar.clear('user'))
      if (brought.guest && (signedOut || entered) && keptKind !== 'guest')
        headers.append('Set-Cookie', jar.clear('guest'))
      if (state.accessed) {
        headers.set('Vary', 'Cookie')
        headers.set('Cache-Control', 'no-store')
      }
      return headers
    },

    revocable: false,
    list: noStore,
    revoke: noStore,
    revokeAll: noStore,
  }
}

const named = (token: Token | null) => ({ id: token?.identity?.id ?? null, userId: token?.userId ?? null })

async function noStore(): Promise<never> {
  throw new SojournError(
    'ERR_NO_STORE',
    'Sessions that live in their cookie cannot be listed or revoked: that needs a store, and this version has none. To sign everybody out, change SECRET_KEY and keep no fallback.',
  )
}
