import { allOf, andThen } from '../util/maybe-promise.ts'
import { SojournError } from '../core/errors.ts'
import type { DecodeResult } from '../cookies/format.ts'
import type { Token } from '../core/token.ts'
import type { LookupResult } from '../repository/repository.ts'
import { createCookieJar } from '../cookies/cookie-jar.ts'
import { kindOf } from '../core/token.ts'
import type { SessionRepository } from '../repository/repository.ts'
import type { SaveResult } from '../repository/repository.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import type { Settings } from '../options.ts'
import { createSession, stateOf, type Session } from '../session/session.ts'
import { createState, planCommit, type OpenResult, type SessionState, type CommitPlan } from '../session/state.ts'

/** What `commit` is told of the response. */
export interface CommitOptions {
  /** The response's status is 500 or more: keeps what ended and that it was used, drops all else. @default false */
  failed?: boolean | undefined
  /** A request that its user did not cause, such as polling: does not keep the session from idling out. @default false */
  background?: boolean | undefined
}

/** What a commit adds to a response. */
export interface CommitResult {
  /** Each a `Set-Cookie`. */
  readonly cookies: readonly string[]
  /** Whether the response is for its visitor alone: `Vary: Cookie` and `Cache-Control: no-store`. */
  readonly isPrivate: boolean
}

/** The two ends of a request, straight through. They answer at once where nothing has to be waited for. */
export interface RequestLifecycle<Data extends object> {
  /** Whether neither of them ever has to be waited for. */
  readonly isSync: boolean
  /** The instant of a request that is opened now. */
  readClock(): LogicalTime
  /** @param findForeign finds a session of another library, for whom ours is a guest's */
  open(
    cookieHeader: string | null | undefined,
    moment?: LogicalTime,
    findForeign?: FindForeign,
  ): Session<Data> | Promise<Session<Data>>
  commit(session: Session<Data>, options?: CommitOptions): CommitResult | Promise<CommitResult>
}

/** Finds a session of another library, by what ours is instead, and judges it. */
export type FindForeign = (own: LookupResult, lookUp: LookUp) => LookupResult | Promise<LookupResult>
type LookUp = (decoded: DecodeResult | LookupResult, moment: LogicalTime) => LookupResult | Promise<LookupResult>

/** What is committed of a session that nobody touched. */
export const emptyCommit: CommitResult = { cookies: [], isPrivate: false }

const noSession: LookupResult = { outcome: 'none', token: null, isStale: false }

export function createLifecycle<Data extends object>(
  settings: Settings,
  repository: SessionRepository,
): RequestLifecycle<Data> {
  const { events, format } = settings
  const jar = createCookieJar(format, settings.cookies, settings.lifetimes)
  const needsGuestLookup = (found: LookupResult): boolean =>
    !isLive(found) && (found.outcome !== 'unavailable' || settings.whenUnavailable === 'guest')

  function lookUp(decoded: DecodeResult | LookupResult, moment: LogicalTime): LookupResult | Promise<LookupResult> {
    if (decoded.outcome !== 'active' || !('key' in decoded)) return { ...noSession, ...decoded }
    return repository.find(decoded.token, decoded.key, moment)
  }

  function pickOne(values: readonly DecodeResult[], moment: LogicalTime): LookupResult | Promise<LookupResult> {
    if (values.length < 2) return values[0] === undefined ? noSession : lookUp(values[0], moment)
    // Another path or a parent domain sets one of the name as well: whichever opens is ours.
    return andThen(allOf(values.map((value) => lookUp(value, moment))), (found) => {
      const active = found.filter(isLive)
      if (new Set(active.map(({ token }) => token?.identity?.id)).size > 1)
        return { ...noSession, outcome: 'ambiguous' }
      // Without ids they cannot be told apart: the first is the one that others take as well.
      if (active[0]?.token?.identity === null) return active[0]
      const cannotTell = found.find(({ outcome }) => outcome === 'unavailable')
      return active.toSorted(compareNewestFirst)[0] ?? cannotTell ?? found[0]!
    })
  }

  function endSession(token: Token, now: number): void | Promise<void> {
    return andThen(repository.end(token, 'signed-out', now), (confirmed) => {
      events.emit?.({ type: 'ended', reason: 'signed-out', ...idsOf(token), confirmed })
    })
  }

  /** What keeps a session in its cookie. @throws `ERR_COOKIE_TOO_BIG` */
  function cookieFor(plan: CommitPlan | null, { moment }: OpenResult, saveResult: SaveResult): string | null {
    const token = plan === null || leavesNothing(plan) ? null : repository.tokenFor(plan, moment, saveResult)
    return token === null ? null : jar.serialize(token, moment.at)
  }

  function finishCommit(
    state: SessionState,
    plan: CommitPlan | null,
    saveResult: SaveResult,
    plannedCookie: string | null,
  ) {
    const { signedOut } = state
    const { openedToken, tokensToEnd, now, cookiesPresent } = state.opening
    if (saveResult === 'rejected')
      events.emit?.({ type: 'refused', ...idsOf(plan!.token), id: plan!.token.identity!.id })
    const savedPlan = saveResult === 'rejected' || saveResult === 'skipped' ? null : plan
    const cookie =
      savedPlan === null
        ? null
        : saveResult === 'saved'
          ? plannedCookie
          : cookieFor(savedPlan, state.opening, saveResult)
    const cookieKind = cookie === null ? null : jar.isShared ? 'user' : kindOf(savedPlan!.token)
    const isSignIn = savedPlan?.type === 'began' && savedPlan.token.userId !== null

    const pendingEnds: (void | Promise<void>)[] = []
    if (openedToken !== null && (signedOut || isSignIn)) pendingEnds.push(endSession(openedToken, now))
    for (const token of signedOut ? tokensToEnd : []) {
      if (token.identity?.id !== openedToken?.identity?.id) pendingEnds.push(endSession(token, now))
    }
    if (savedPlan !== null) {
      events.emit?.({ type: savedPlan.type, ...idsOf(savedPlan.token) })
      state.savedId = savedPlan.token.identity?.id ?? null
    }
    state.accessed ||= cookie !== null

    const isEmpty = savedPlan !== null && leavesNothing(savedPlan)
    const cookies: string[] = []
    if (cookie !== null) cookies.push(cookie)
    if (cookiesPresent.user && (signedOut || isEmpty) && cookieKind !== 'user') cookies.push(jar.expire('user'))
    if (cookiesPresent.guest && (signedOut || isSignIn) && cookieKind !== 'guest') cookies.push(jar.expire('guest'))
    const result = cookies.length === 0 && !state.accessed ? emptyCommit : { cookies, isPrivate: state.accessed }
    return andThen(allOf(pendingEnds), () => result)
  }

  /** Whether nothing is left to write. What was only used goes back as it came, also where all of it is the format's own. */
  function leavesNothing({ type, token }: CommitPlan): boolean {
    return type !== 'touched' && format.isEmpty?.(token) === true
  }

  return {
    isSync: !settings.hasStore,

    readClock: repository.readClock,

    open(cookieHeader, moment = repository.readClock(), findForeign = () => noSession) {
      const now = moment.at
      const header = cookieHeader ?? ''
      const userValues = jar.read('user', header, now)
      const guestValues = jar.isShared ? [] : jar.read('guest', header, now)

      return andThen(pickOne(userValues, moment), (own) =>
        andThen(needsGuestLookup(own) ? findForeign(own, lookUp) : noSession, (foreign) => {
          const isSignedIn = foreign.outcome === 'unavailable' || foreign.token?.userId != null
          const user = isSignedIn ? foreign : own
          return andThen(needsGuestLookup(user) ? pickOne(guestValues, moment) : noSession, (ours) => {
            const guest = isLive(foreign) && !isLive(ours) ? foreign : ours
            const live = isLive(user) ? user : isLive(guest) ? guest : noSession
            // The word is about the sign-in, where the request brought one: its person wants to know why they are a guest.
            // But nobody begins anew in the place of a guest's session that cannot be told.
            const { outcome, token, cause } = user.outcome === 'none' || guest.outcome === 'unavailable' ? guest : user
            events.emit?.({ type: 'opened', outcome, ...idsOf(token) })
            return createSession<Data>(
              createState(settings, {
                outcome,
                now,
                cause: cause ?? live.cause,
                moment,
                openedToken: live.token,
                unconfirmed: live.outcome === 'unconfirmed',
                isStale: live.isStale,
                // Whatever a sign-out has to end: of several cookies each, what nobody could look up, and what was renewed by
                // a response that is still on its way to the same browser.
                tokensToEnd: userValues.length > 1 || user.outcome !== 'active' ? userValues.flatMap(tokensOf) : [],
                cookiesPresent: { user: userValues.length > 0, guest: guestValues.length > 0 },
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
      const plan = planCommit(state, { failed, background })
      // First, since it throws when the cookie is too big.
      const plannedCookie = cookieFor(plan, state.opening, 'saved')
      state.committed = true
      // At once, and not when the store has answered: what is written from here on is lost, and is told so.
      const { values } = state.dataState
      if (values !== null) Object.freeze(values)
      const saveResult = plan === null ? 'skipped' : repository.save(plan, state.opening.moment)
      if (!(saveResult instanceof Promise)) return finishCommit(state, plan, saveResult, plannedCookie)
      return saveResult
        .then((result) => finishCommit(state, plan, result, plannedCookie))
        .catch((error: unknown) => {
          // Once more, as a response that failed: what ended is kept then.
          state.committed = false
          // Whatever becomes of what was not answered, it is not what a commit to come begins.
          if (plan?.type === 'began' && state.context.createIdentity !== null)
            state.identity = state.context.createIdentity()
          if (values !== null) state.dataState.values = Object.assign(Object.create(null), values)
          throw error
        })
    },
  }
}

/** Of one session: what a store had of it last counts before what was last used. */
const compareNewestFirst = ({ token: one }: LookupResult, { token: other }: LookupResult): number =>
  other!.version - one!.version || other!.lastSeenAt - one!.lastSeenAt
const isLive = ({ outcome }: LookupResult): boolean => outcome === 'active' || outcome === 'unconfirmed'
const tokensOf = (value: DecodeResult): Token[] => (value.outcome === 'active' ? [value.token] : [])
const idsOf = (token: Token | null) => ({ id: token?.identity?.id ?? null, userId: token?.userId ?? null })
