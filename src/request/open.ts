import type { CookieJar } from '../cookies/cookie-jar.ts'
import type { DecodeResult } from '../cookies/format.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import { idsOf, type Token } from '../core/token.ts'
import type { Settings } from '../options.ts'
import type { LookupResult, SessionRepository } from '../repository/repository.ts'
import { createSession, type Session } from '../session/session.ts'
import { createState } from '../session/state.ts'
import { allOf, andThen, type MaybePromise } from '../util/maybe-promise.ts'
import type { ForeignRequest, ForeignStage } from './foreign-sessions.ts'
import { newestOfEachSession, selectForLookup } from './select-for-lookup.ts'
import {
  ambiguous,
  isLive,
  noSession,
  selectAmongSameName,
  selectSession,
  selectUser,
  type Candidates,
} from './select-session.ts'

/** Opens the session of a `Cookie` header: collect the cookies, look them up, select one, create the session. */
export type Open<Data extends object> = (header: string, moment: LogicalTime) => MaybePromise<Session<Data>>

/** The content of a request's header: the decoded values of our two cookies, and perhaps cookies of other libraries. */
interface Received {
  readonly user: readonly DecodeResult[]
  readonly guest: readonly DecodeResult[]
  readonly foreign: ForeignRequest | null
  readonly moment: LogicalTime
}

/** The lookup results of a request without our cookies. */
const noCandidates: Candidates = { user: noSession, foreign: noSession, guest: noSession }

/** One closure, because the functions below are the steps of an open, in their order. */
export function createOpen<Data extends object>(
  { events, session: context }: Settings,
  jar: CookieJar,
  repository: SessionRepository,
  foreignStage: ForeignStage | null,
): Open<Data> {
  function collect(header: string, moment: LogicalTime): Received {
    return {
      user: jar.read('user', header, moment.at),
      guest: jar.isShared ? [] : jar.read('guest', header, moment.at),
      foreign: foreignStage?.start(header, moment) ?? null,
      moment,
    }
  }

  /** Looks up our user cookie, foreign cookies, then our guest cookie. Stops as soon as it is settled who the visitor is. */
  function lookUpAll(received: Received): MaybePromise<Candidates> {
    const { user: userValues, guest: guestValues, foreign: foreignRequest, moment } = received
    return andThen(lookUpValues(userValues, moment), (user) => {
      if (!isUnsettled(user)) return { user, foreign: noSession, guest: noSession }
      return andThen(foreignRequest === null ? noSession : foreignRequest.find(user, lookUp), (foreign) =>
        andThen(
          isUnsettled(selectUser({ user, foreign })) ? lookUpValues(guestValues, moment) : noSession,
          (guest): Candidates => ({ user, foreign, guest }),
        ),
      )
    })
  }

  function lookUpValues(values: readonly DecodeResult[], moment: LogicalTime): MaybePromise<LookupResult> {
    if (values.length === 0) return noSession
    if (values.length === 1) return lookUp(values[0]!, moment)
    const selected = selectForLookup(values)
    if (selected === null) return ambiguous
    return andThen(allOf(selected.map((value) => lookUp(value, moment))), selectAmongSameName)
  }

  function lookUp(decoded: DecodeResult, moment: LogicalTime): MaybePromise<LookupResult> {
    if (decoded.outcome !== 'active') return { ...noSession, outcome: decoded.outcome }
    return repository.find(decoded.token, decoded.key, moment)
  }

  /**
   * Returns whether the next cookie is needed. If the store did not answer, it is not, because this may still be the user's
   * session; except if `whenUnavailable` makes such visitors guests.
   */
  function isUnsettled(found: LookupResult): boolean {
    return !isLive(found) && (found.outcome !== 'unavailable' || context.whenUnavailable === 'guest')
  }

  function beginSession(received: Received, candidates: Candidates): Session<Data> {
    const { moment, foreign } = received
    const { outcome, token, opened, userSession, cause } = selectSession(candidates)
    events.emitter()?.({ type: 'opened', outcome, ...idsOf(token) })
    const session = createSession<Data>(
      createState(context, {
        outcome,
        now: moment.at,
        cause,
        moment,
        openedToken: opened.token,
        unconfirmed: opened.outcome === 'unconfirmed',
        isStale: opened.isStale,
        tokensToEnd: tokensToEnd(received.user, userSession),
        cookiesPresent: { user: received.user.length > 0, guest: received.guest.length > 0 },
      }),
    )
    if (foreign !== null) foreignStage!.attach(session, foreign)
    return session
  }

  return (header, moment) => {
    const received = collect(header, moment)
    const { user, guest, foreign } = received
    if (user.length === 0 && guest.length === 0 && foreign === null) return beginSession(received, noCandidates)
    return andThen(lookUpAll(received), (candidates) => beginSession(received, candidates))
  }
}

/**
 * Returns the tokens, one of each session, that a sign-out must end besides the opened one. Our user cookie may have come several times, or may not
 * have been looked up. Its session may also have been renewed by a response that is still on its way to the same browser.
 */
function tokensToEnd(values: readonly DecodeResult[], user: LookupResult): readonly Token[] {
  if (values.length === 0 || (values.length === 1 && user.outcome === 'active')) return []
  return newestOfEachSession(values)
}
