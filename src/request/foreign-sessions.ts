import type { ForeignSession } from '../cookies/foreign.ts'
import type { DecodeResult } from '../cookies/format.ts'
import { SojournError } from '../core/errors.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import type { Token } from '../core/token.ts'
import type { Settings } from '../options.ts'
import type { LookupResult } from '../repository/repository.ts'
import { stateOf, type Session } from '../session/session.ts'
import type { SessionState } from '../session/state.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'
import { expireForeignCookies } from './foreign-cookies.ts'
import { createForeignLibraries, type Failure, type ForeignLibraries, type ForeignResult } from './foreign-libraries.ts'
import { noSession } from './select-session.ts'

/**
 * The stage of a request that deals with sessions of other libraries. A foreign session is looked up like one of ours that began
 * before the store was added: it is adopted, or refused if it has ended here.
 */
export interface ForeignStage {
  /** Starts the stage of one request. No library is asked yet. */
  start(header: string, moment: LogicalTime): ForeignRequest
  attach(session: Session<any>, request: ForeignRequest): void
  requestOf(session: Session<any>): ForeignRequest | null
}

export interface ForeignRequest {
  /** Finds a foreign session for a visitor who is not signed in with ours. */
  find(own: LookupResult, lookUp: LookUp): Promise<LookupResult>
  /** Notes which session the request opened. A foreign one is adopted. */
  setOpened(token: Token | null): void
  /** Whether the request adopts a foreign session. */
  readonly isAdopting: boolean
  /**
   * Reports a sign-out, also one by signing in as another user, to the libraries. Resolves to the tokens to end here, so that the next request adopts none of them.
   *
   * @param failed whether the response failed: then a library that does not answer is no error
   */
  reportSignOut(state: SessionState, failed: boolean): Promise<readonly Token[]>
  /** Returns a `Set-Cookie` that deletes each of the libraries' cookies that one of ours replaces; after a sign-out, all of them. */
  expireCookies(ownCookies: readonly string[]): readonly string[]
}

type LookUp = (decoded: DecodeResult, moment: LogicalTime) => MaybePromise<LookupResult>

export function createForeignStage(settings: Settings): ForeignStage {
  const libraries = createForeignLibraries(settings)
  const isSecure = settings.cookies.user.attributes.includes('; Secure')
  const requests = new WeakMap<Session<any>, ForeignRequest>()
  return {
    start: (header, moment) => createForeignRequest(libraries, isSecure, header, moment),
    attach(session, request) {
      request.setOpened(stateOf(session).opening.openedToken)
      requests.set(session, request)
    },
    requestOf: (session) => requests.get(session) ?? null,
  }
}

/** One closure, because each step of a request needs what the steps before it have found. */
function createForeignRequest(
  libraries: ForeignLibraries,
  isSecure: boolean,
  header: string,
  moment: LogicalTime,
): ForeignRequest {
  let asked: Promise<ForeignResult> | null = null
  let found: readonly ForeignSession[] = []
  let signedOutSessions: readonly ForeignSession[] = []
  let adopted: ForeignSession | null = null

  /** Asks the libraries, at most once in a request. */
  async function ask(): Promise<ForeignResult> {
    const result = await (asked ??= libraries.findSessions(header, moment))
    found = result.sessions
    return result
  }

  return {
    get isAdopting() {
      return adopted !== null
    },

    async find(own, lookUp) {
      const { sessions, failure } = await ask()
      let rejection = noSessionBecauseOf(failure)
      for (const each of candidates(sessions, failure, own)) {
        // Any key but 0 makes the result stale, so that the response sets our cookie.
        const result = await lookUp({ outcome: 'active', token: each.token, key: 1 }, moment)
        const isOpen = result.outcome === 'active'
        // Do not report a guest's session, because it does not sign a user in.
        const notifyFailure =
          isOpen && each.token.userId !== null ? await libraries.notify([each], false, moment) : null
        if (notifyFailure !== null) return noSessionBecauseOf(notifyFailure)
        if (isOpen || result.outcome === 'unavailable') return result
        if (rejection.outcome === 'none') rejection = result
      }
      return rejection
    },

    setOpened(token) {
      adopted = found.find((each) => each.token.identity!.id === token?.identity?.id) ?? null
    },

    async reportSignOut({ signedOut, identityChange, opening }, failed) {
      // Signing in as another user leaves the first user's sessions too.
      const switchesUser = identityChange === 'signed-in' && opening.openedToken?.userId != null && !failed
      // A commit that failed may have set it.
      signedOutSessions = []
      if (!signedOut && !switchesUser) return []
      const { sessions, failure } = await ask()
      const notifyFailure = signedOut ? (failure ?? (await libraries.notify(sessions, true, moment))) : null
      if (notifyFailure !== null && !failed) throw cannotEndError(notifyFailure)
      signedOutSessions = sessions
      return sessions.map(({ token }) => token)
    },

    expireCookies(ownCookies) {
      const isReplaced = adopted !== null && adopted.stays !== true && ownCookies.length > 0
      const gone = isReplaced ? [...signedOutSessions, adopted!] : signedOutSessions
      return expireForeignCookies(
        ownCookies,
        gone.flatMap((each) => each.cookies),
        isSecure,
      )
    },
  }
}

const noSessionBecauseOf = (failure: Failure | null): LookupResult =>
  failure === null ? noSession : { ...noSession, outcome: 'unavailable', ...failure }

/** Returns the users' sessions; if there are none, and all libraries answered, the guests'. */
function candidates(
  sessions: readonly ForeignSession[],
  failure: Failure | null,
  own: LookupResult,
): readonly ForeignSession[] {
  // Skip a user who has just signed out here: the library may not know it yet.
  const signedOutUserId = own.outcome === 'ended' || own.outcome === 'revoked' ? own.token!.userId : null
  const users = sessions.filter(({ token: { userId } }) => userId !== null && userId !== signedOutUserId)
  return users.length > 0 || failure !== null ? users : sessions.filter(({ token }) => token.userId === null)
}

const cannotEndError = ({ cause }: Failure): SojournError =>
  new SojournError(
    'ERR_SESSION_UNAVAILABLE',
    'Another library did not answer, so this sign-out would not last: its cookie would sign the user in again.',
    { cause },
  )
