import { all, goOn } from '../util/maybe-promise.ts'
import { SojournError } from '../core/errors.ts'
import type { Opened } from '../cookies/format.ts'
import type { Token } from '../core/token.ts'
import type { Found } from '../repository/repository.ts'
import { createJar } from '../cookies/cookie-jar.ts'
import { kindOf } from '../core/token.ts'
import type { Keeper } from '../repository/repository.ts'
import type { Verdict } from '../repository/repository.ts'
import type { Moment } from '../core/logical-time.ts'
import type { Settings } from '../options.ts'
import { createSession, stateOf, type Session } from '../session/session.ts'
import { createState, stepOf, type Opening, type SessionState, type Step } from '../session/state.ts'

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
  /** The instant of a request that is opened now. */
  moment(): Moment
  /** @param theirs finds a session of another library, for whom ours is a guest's */
  open(
    cookieHeader: string | null | undefined,
    moment?: Moment,
    theirs?: Theirs,
  ): Session<Data> | Promise<Session<Data>>
  commit(session: Session<Data>, options?: CommitOptions): Committed | Promise<Committed>
}

/** Finds a session of another library, by what ours is instead, and judges it. */
export type Theirs = (own: Found, judge: Judge) => Found | Promise<Found>
type Judge = (opened: Opened | Found, moment: Moment) => Found | Promise<Found>

/** What is committed of a session that nobody touched. */
export const nothingCommitted: Committed = { cookies: [], isPrivate: false }

const nothing: Found = { outcome: 'none', token: null, isStale: false }

export function createRequests<Data extends object>(settings: Settings, keeper: Keeper): Requests<Data> {
  const { events, format } = settings
  const jar = createJar(format, settings.cookies, settings.lifetimes)
  const isGuest = (found: Found): boolean =>
    !isLive(found) && (found.outcome !== 'unavailable' || settings.whenUnavailable === 'guest')

  function judge(opened: Opened | Found, moment: Moment): Found | Promise<Found> {
    if (opened.outcome !== 'active' || !('key' in opened)) return { ...nothing, ...opened }
    return keeper.find(opened.token, opened.key, moment)
  }

  function choose(values: readonly Opened[], moment: Moment): Found | Promise<Found> {
    if (values.length < 2) return values[0] === undefined ? nothing : judge(values[0], moment)
    // Another path or a parent domain sets one of the name as well: whichever opens is ours.
    return goOn(all(values.map((value) => judge(value, moment))), (found) => {
      const active = found.filter(isLive)
      if (new Set(active.map(({ token }) => token?.identity?.id)).size > 1) return { ...nothing, outcome: 'ambiguous' }
      // Without ids they cannot be told apart: the first is the one that others take as well.
      if (active[0]?.token?.identity === null) return active[0]
      const cannotTell = found.find(({ outcome }) => outcome === 'unavailable')
      return active.toSorted(newestFirst)[0] ?? cannotTell ?? found[0]!
    })
  }

  function end(token: Token, now: number): void | Promise<void> {
    return goOn(keeper.end(token, 'signed-out', now), (confirmed) => {
      events.emit?.({ type: 'ended', reason: 'signed-out', ...named(token), confirmed })
    })
  }

  /** What keeps a session in its cookie. @throws `ERR_COOKIE_TOO_BIG` */
  function cookieOf(step: Step | null, { moment }: Opening, verdict: Verdict): string | null {
    const sealed = step === null || isEmptied(step) ? null : keeper.sealed(step, moment, verdict)
    return sealed === null ? null : jar.keep(sealed, moment.at)
  }

  function finish(state: SessionState, step: Step | null, verdict: Verdict, first: string | null) {
    const { signedOut } = state
    const { opened, others, now, brought } = state.opening
    if (verdict === 'refused') events.emit?.({ type: 'refused', ...named(step!.token), id: step!.token.identity!.id })
    const kept = verdict === 'refused' || verdict === 'needless' ? null : step
    const written = kept === null ? null : verdict === 'kept' ? first : cookieOf(kept, state.opening, verdict)
    const writtenKind = written === null ? null : jar.onlyOne ? 'user' : kindOf(kept!.token)
    const entered = kept?.type === 'began' && kept.token.userId !== null

    const ends: (void | Promise<void>)[] = []
    if (opened !== null && (signedOut || entered)) ends.push(end(opened, now))
    for (const token of signedOut ? others : []) {
      if (token.identity?.id !== opened?.identity?.id) ends.push(end(token, now))
    }
    if (kept !== null) {
      events.emit?.({ type: kept.type, ...named(kept.token) })
      state.keptId = kept.token.identity?.id ?? null
    }
    state.accessed ||= written !== null

    const emptied = kept !== null && isEmptied(kept)
    const cookies: string[] = []
    if (written !== null) cookies.push(written)
    if (brought.user && (signedOut || emptied) && writtenKind !== 'user') cookies.push(jar.clear('user'))
    if (brought.guest && (signedOut || entered) && writtenKind !== 'guest') cookies.push(jar.clear('guest'))
    const committed =
      cookies.length === 0 && !state.accessed ? nothingCommitted : { cookies, isPrivate: state.accessed }
    return goOn(all(ends), () => committed)
  }

  /** Whether nothing is left to write. What was only used goes back as it came, also where all of it is the format's own. */
  function isEmptied({ type, token }: Step): boolean {
    return type !== 'touched' && format.isEmpty?.(token) === true
  }

  return {
    isAtOnce: !settings.hasStore,

    moment: keeper.moment,

    open(cookieHeader, moment = keeper.moment(), theirs = () => nothing) {
      const now = moment.at
      const header = cookieHeader ?? ''
      const userValues = jar.read('user', header, now)
      const guestValues = jar.onlyOne ? [] : jar.read('guest', header, now)

      return goOn(choose(userValues, moment), (own) =>
        goOn(isGuest(own) ? theirs(own, judge) : nothing, (foreign) => {
          const isSignedIn = foreign.outcome === 'unavailable' || foreign.token?.userId != null
          const user = isSignedIn ? foreign : own
          return goOn(isGuest(user) ? choose(guestValues, moment) : nothing, (ours) => {
            const guest = isLive(foreign) && !isLive(ours) ? foreign : ours
            const live = isLive(user) ? user : isLive(guest) ? guest : nothing
            // The word is about the sign-in, where the request brought one: its person wants to know why they are a guest.
            // But nobody begins anew in the place of a guest's session that cannot be told.
            const { outcome, token, cause } = user.outcome === 'none' || guest.outcome === 'unavailable' ? guest : user
            events.emit?.({ type: 'opened', outcome, ...named(token) })
            return createSession<Data>(
              createState(settings, {
                outcome,
                now,
                cause: cause ?? live.cause,
                moment,
                opened: live.token,
                unconfirmed: live.outcome === 'unconfirmed',
                isStale: live.isStale,
                // Whatever a sign-out has to end: of several cookies each, what nobody could look up, and what was renewed by
                // a response that is still on its way to the same browser.
                others: userValues.length > 1 || user.outcome !== 'active' ? userValues.flatMap(tokenIn) : [],
                brought: { user: userValues.length > 0, guest: guestValues.length > 0 },
              }),
            )
          })
        }),
      )
    },

    commit(session, { failed = false, background = false } = {}) {
      const state = stateOf(session)
      if (state.committed)
        throw new SojournError(
          'ERR_COMMITTED',
          'commit was called twice for one session. Adapters commit by themselves.',
        )
      const step = stepOf(state, { failed, background })
      // First, since it throws when the cookie is too big.
      const cookie = cookieOf(step, state.opening, 'kept')
      state.committed = true
      // At once, and not when the store has answered: what is written from here on is lost, and is told so.
      const { values } = state.contents
      if (values !== null) Object.freeze(values)
      const verdict = step === null ? 'needless' : keeper.keep(step, state.opening.moment)
      if (!(verdict instanceof Promise)) return finish(state, step, verdict, cookie)
      return verdict
        .then((kept) => finish(state, step, kept, cookie))
        .catch((error: unknown) => {
          // Once more, as a response that failed: what ended is kept then.
          state.committed = false
          // Whatever becomes of what was not answered, it is not what a commit to come begins.
          if (step?.type === 'began' && state.host.mint !== null) state.identity = state.host.mint()
          if (values !== null) state.contents.values = Object.assign(Object.create(null), values)
          throw error
        })
    },
  }
}

/** Of one session: what a store had of it last counts before what was last used. */
const newestFirst = ({ token: one }: Found, { token: other }: Found): number =>
  other!.version - one!.version || other!.lastSeenAt - one!.lastSeenAt
const isLive = ({ outcome }: Found): boolean => outcome === 'active' || outcome === 'unconfirmed'
const tokenIn = (value: Opened): Token[] => (value.outcome === 'active' ? [value.token] : [])
const named = (token: Token | null) => ({ id: token?.identity?.id ?? null, userId: token?.userId ?? null })
