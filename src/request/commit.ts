import type { CookieJar } from '../cookies/cookie-jar.ts'
import { SojournError } from '../core/errors.ts'
import { idsOf, type Token } from '../core/token.ts'
import type { Settings } from '../options.ts'
import type { SaveResult, SessionRepository } from '../repository/repository.ts'
import { planCommit, type CommitPlan } from '../session/commit-plan.ts'
import { stateOf, type Session } from '../session/session.ts'
import type { SessionState } from '../session/state.ts'
import { allOf, andThen, type MaybePromise } from '../util/maybe-promise.ts'
import { createCommitCookies, type SealedCookie } from './commit-cookies.ts'
import type { ForeignStage } from './foreign-sessions.ts'

/** Facts about the response that the adapter knows. */
export interface CommitOptions {
  /** The response's status is 500 or more. Saves only a sign-out and the time of the last use. @default false */
  failed?: boolean | undefined
  /** The user did not cause the request, as with polling. It does not keep the session from idling out. @default false */
  background?: boolean | undefined
}

/** The headers that a commit adds to a response. */
export interface CommitResult {
  /** The values of `Set-Cookie`. */
  readonly cookies: readonly string[]
  /** Whether the response is for its visitor alone: `Vary: Cookie` and `Cache-Control: no-store`. */
  readonly isPrivate: boolean
}

export type Commit = (session: Session<any>, options?: CommitOptions) => MaybePromise<CommitResult>

/** The commit of a session that the handler did not touch. */
export const emptyCommit: CommitResult = { cookies: [], isPrivate: false }

/** The commit of a session that was only read. */
const privateCommit: CommitResult = { cookies: [], isPrivate: true }

/** The plan of a commit that has nothing to save. */
const noCommit: PlannedCommit = { plan: null, assumedCookie: null }

/** The part of a commit that concerns sessions of other libraries. */
interface ForeignPart {
  /** Their sessions that a sign-out ends too. */
  readonly tokensToEnd: readonly Token[]
  /** Whether the session came from another library in this request. */
  readonly isAdopted: boolean
}

const noForeignPart: ForeignPart = { tokensToEnd: [], isAdopted: false }

/**
 * A plan, and the cookie to send if the repository answers `saved`. That result is only assumed, because the cookie is sealed
 * before the save. For any other result it is not sent.
 */
interface PlannedCommit {
  readonly plan: CommitPlan | null
  readonly assumedCookie: SealedCookie | null
}

/**
 * Creates the commit: plan, seal the assumed cookie, save, choose the final cookie, end what was signed out, collect headers.
 *
 * One closure, because the functions below are these steps in their order.
 */
export function createCommit(
  { events, format }: Settings,
  jar: CookieJar,
  repository: SessionRepository,
  foreignStage: ForeignStage | null,
): Commit {
  const commitCookies = createCommitCookies(format, jar, repository)

  /** Seals the assumed cookie before anything is written, because that throws if the cookie is too big. */
  function planWithCookie(state: SessionState, options: CommitOptions, isAdopted: boolean): PlannedCommit {
    const plan = planCommit(state, options)
    if (plan === null) return noCommit
    try {
      return { plan, assumedCookie: commitCookies.seal(plan, state, 'saved') }
    } catch (error) {
      // The foreign session is larger than our cookie allows. Keep the foreign cookie until the data changes.
      if (isAdopted && plan.type === 'touched' && isTooBig(error)) return noCommit
      throw error
    }
  }

  function commitState(state: SessionState, options: CommitOptions, foreign: ForeignPart): MaybePromise<CommitResult> {
    const planned = planWithCookie(state, options, foreign.isAdopted)
    const { plan } = planned
    state.committed = true
    // Freeze the data now, not when the store has answered: a later change would be lost, so it must throw.
    const { values } = state.dataState
    if (values !== null) Object.freeze(values)
    // Nothing to save, and nothing to end.
    if (plan === null && !state.signedOut) return state.accessed ? privateCommit : emptyCommit
    const saveResult = plan === null ? 'skipped' : repository.save(plan, state.opening.moment)
    if (saveResult instanceof Promise) {
      return saveResult
        .then((result) => finishCommit(state, planned, result, foreign))
        .catch((error: unknown) => {
          reopenState(state, plan)
          throw error
        })
    }
    try {
      return finishCommit(state, planned, saveResult, foreign)
    } catch (error) {
      reopenState(state, plan)
      throw error
    }
  }

  function finishCommit(
    state: SessionState,
    { plan, assumedCookie }: PlannedCommit,
    saveResult: SaveResult,
    foreign: ForeignPart,
  ): MaybePromise<CommitResult> {
    if (saveResult === 'rejected') {
      events.emitter()?.({ type: 'refused', ...idsOf(plan!.token), id: plan!.token.identity!.id })
      if (isNewSignIn(plan!)) throw signInRefusedError()
    }
    const savedPlan = saveResult === 'rejected' || saveResult === 'skipped' ? null : plan
    const sealed =
      saveResult === 'saved' ? assumedCookie : savedPlan && commitCookies.seal(savedPlan, state, saveResult)
    // Now that it is sealed, another tab's cookie must not replace its changes.
    if (saveResult === 'deferred' && sealed !== null) repository.keepDeferred?.(sealed.token)
    const cookie = sealed === null ? null : sealed.cookie
    const isSignIn = savedPlan !== null && isNewSignIn(savedPlan)

    const pendingEnds = endSessions(state, isSignIn, foreign.tokensToEnd)
    if (savedPlan !== null) {
      events.emitter()?.({ type: savedPlan.type, ...idsOf(savedPlan.token) })
      state.savedId = savedPlan.token.identity?.id ?? null
    }
    // A response that sets a cookie is private.
    state.accessed ||= cookie !== null
    const cookies = commitCookies.setCookies(state, savedPlan, cookie, isSignIn)
    const result = cookies.length === 0 && !state.accessed ? emptyCommit : { cookies, isPrivate: state.accessed }
    return andThen(allOf(pendingEnds), () => result)
  }

  /** Ends the session that was signed out, or that a sign-in replaced. */
  function endSessions(state: SessionState, isSignIn: boolean, foreignTokens: readonly Token[]): MaybePromise<void>[] {
    const { signedOut, opening } = state
    if (!signedOut && !isSignIn) return []
    const { openedToken, tokensToEnd, moment } = opening
    const otherTokens = signedOut ? [...tokensToEnd, ...foreignTokens] : []
    const tokens = otherTokens.filter(({ identity }) => identity?.id !== openedToken?.identity?.id)
    if (openedToken !== null) tokens.unshift(openedToken)
    return tokens.map((token) =>
      andThen(repository.end(token, 'signed-out', moment), (confirmed) => {
        events.emitter()?.({ type: 'ended', reason: 'signed-out', ...idsOf(token), confirmed })
      }),
    )
  }

  return function commit(session, options = {}) {
    const state = stateOf(session)
    if (state.committed)
      throw new SojournError('ERR_COMMITTED', 'commit was called twice. Adapters commit by themselves.')
    const foreign = foreignStage?.requestOf(session) ?? null
    if (foreign === null) return commitState(state, options, noForeignPart)
    return foreign
      .reportSignOut(state, options.failed === true)
      .then((tokensToEnd) => commitState(state, options, { tokensToEnd, isAdopted: foreign.isAdopting }))
      .then((result) => {
        const deletions = foreign.expireCookies(result.cookies)
        return deletions.length === 0 ? result : { ...result, cookies: [...deletions, ...result.cookies] }
      })
  }
}

/** Undoes the commit of a session that could not be saved, so that it can be committed again as a failed response. */
function reopenState(state: SessionState, plan: CommitPlan | null): void {
  const { context, dataState } = state
  state.committed = false
  // The store may still create the session, because only its answer is missing. So the next commit needs another id.
  if (plan?.type === 'began' && context.createIdentity !== null) state.identity = context.createIdentity()
  if (dataState.values !== null) dataState.values = Object.assign(Object.create(null), dataState.values)
}

const isTooBig = (error: unknown): boolean => error instanceof SojournError && error.code === 'ERR_COOKIE_TOO_BIG'

/** Whether a commit saves a sign-in as a new session. A user who signs in again keeps the session, which is renewed. */
const isNewSignIn = ({ type, token }: CommitPlan): boolean => type === 'began' && token.userId !== null

const signInRefusedError = (): SojournError =>
  new SojournError(
    'ERR_SIGN_IN_REFUSED',
    'The sessions of this user were ended during the sign-in. Let the user sign in again. If this request ended them itself, call sessions.revokeAll(userId, { except: session }).',
  )
