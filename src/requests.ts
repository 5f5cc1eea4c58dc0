import { SojournError } from './errors.ts'
import type { Opened, Token } from './format.ts'
import { createJar, kindOf } from './jar.ts'
import { cookieKeeper } from './keeper.ts'
import { outlived, pastTimes } from './lifetime.ts'
import type { Settings } from './options.ts'
import type { Outcome } from './outcome.ts'
import { createSession, stateOf, type Session } from './session.ts'
import { createState, stepOf } from './state.ts'

/** What `commit` is told of the response. */
export interface CommitOptions {
  /** The response's status is 500 or more: keeps what ended and that it was used, drops all else. @default false */
  failed?: boolean | undefined
  /** A request that its user did not cause, such as polling: does not keep the session from idling out. @default false */
  background?: boolean | undefined
}

/** What a commit adds to a response. */
export interface Committed {
  /** Each a `Set-Cookie`. */
  readonly cookies: readonly string[]
  /** Whether the response is for its visitor alone: `Vary: Cookie` and `Cache-Control: no-store`. */
  readonly isPrivate: boolean
}

/** The two ends of a request, straight through. They answer at once where nothing has to be waited for. */
export interface Requests<Data extends object> {
  /** Whether neither of them ever has to be waited for. */
  readonly isAtOnce: boolean
  open(cookieHeader: string | null | undefined): Session<Data> | Promise<Session<Data>>
  commit(session: Session<Data>, options?: CommitOptions): Committed | Promise<Committed>
}

/** What one of our cookies in a request says. A token that was refused is there where its seal was right. */
interface Found {
  readonly outcome: Outcome
  readonly token: Token | null
  readonly key: number
}

/** What is committed of a session that nobody touched. */
export const nothingCommitted: Committed = { cookies: [], isPrivate: false }

const nothing: Found = { outcome: 'none', token: null, key: 0 }

export function createRequests<Data extends object>(settings: Settings): Requests<Data> {
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
    isAtOnce: true,

    open(cookieHeader) {
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

    commit(session, { failed = false, background = false } = {}) {
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

      const cookies: string[] = []
      if (kept !== null) cookies.push(kept)
      if (brought.user && (signedOut || emptied) && keptKind !== 'user') cookies.push(jar.clear('user'))
      if (brought.guest && (signedOut || entered) && keptKind !== 'guest') cookies.push(jar.clear('guest'))
      return cookies.length === 0 && !state.accessed ? nothingCommitted : { cookies, isPrivate: state.accessed }
    },
  }
}

const named = (token: Token | null) => ({ id: token?.identity?.id ?? null, userId: token?.userId ?? null })
