import type { CookieJar } from '../cookies/cookie-jar.ts'
import { SojournError } from '../core/errors.ts'
import { idsOf, kindOf, type Token } from '../core/token.ts'
import type { Settings } from '../options.ts'
import type { SaveResult, SessionRepository } from '../repository/repository.ts'
import { planCommit, type CommitPlan } from '../session/commit-plan.ts'
import { stateOf, type Session } from '../session/session.ts'
import type { SessionState } from '../session/state.ts'
import { allOf, andThen, type MaybePromise } from '../util/maybe-promise.ts'
import type { ForeignStage } from './foreign-sessions.ts'

/** What the adapter knows of the response. */
export interface CommitOptions {
  /** The response's status is 500 or more. Only an end, and that the session was used, are saved. @default false */
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

/** A plan, and its cookie if the repository saves it as planned. */
interface PlannedCommit {
  readonly plan: CommitPlan | null
  readonly cookie: string | null
}

export function createCommit(
  { events, format }: Settings,
  jar: CookieJar,
  repository: SessionRepository,
  foreignStage: ForeignStage | null,
): Commit {
  /**
   * Plans the commit, and seals the planned cookie before anything is written, because that throws if the cookie is too big.
   *
   * @param isAdopted whether the session came from another library in this request
   */
  function planWithCookie(state: SessionState, options: CommitOptions, isAdopted: boolean): PlannedCommit {
    const plan = planCommit(state, options)
    try {
      return { plan, cookie: sealCookie(plan, state, 'saved') }
    } catch (error) {
      // The foreign session is larger than our cookie allows. Keep the foreign cookie until the data changes.
      if (isAdopted && plan?.type === 'touched' && isTooBig(error)) return { plan: null, cookie: null }
      throw error
    }
  }

  /** @throws `ERR_COOKIE_TOO_BIG` */
  function sealCookie(plan: CommitPlan | null, { opening }: SessionState, saveResult: SaveResult): string | null {
    const { moment } = opening
    const token = plan === null || leavesNothing(plan) ? null : repository.tokenFor(plan, moment, saveResult)
    return token === null ? null : jar.serialize(token, moment.at)
  }

  /** Whether nothing is left to write. A session that was only used is written back even if it is empty. */
  function leavesNothing({ type, token }: CommitPlan): boolean {
    return type !== 'touched' && format.isEmpty?.(token) === true
  }

  function commitState(
    state: SessionState,
    options: CommitOptions,
    foreignTokens: readonly Token[],
    isAdopted: boolean,
  ): MaybePromise<CommitResult> {
    const planned = planWithCookie(state, options, isAdopted)
    const { plan } = planned
    state.committed = true
    // Freeze the data now, not when the store has answered: a later change would be lost, so it must throw.
    const { values } = state.dataState
    if (values !== null) Object.freeze(values)
    const saveResult = plan === null ? 'skipped' : repository.save(plan, state.opening.moment)
    if (!(saveResult instanceof Promise)) return finishCommit(state, planned, saveResult, foreignTokens)
    return saveResult
      .then((result) => finishCommit(state, planned, result, foreignTokens))
      .catch((error: unknown) => {
        reopenState(state, plan)
        throw error
      })
  }

  function finishCommit(
    state: SessionState,
    { plan, cookie: plannedCookie }: PlannedCommit,
    saveResult: SaveResult,
    foreignTokens: readonly Token[],
  ): MaybePromise<CommitResult> {
    if (saveResult === 'rejected')
      events.emit?.({ type: 'refused', ...idsOf(plan!.token), id: plan!.token.identity!.id })
    const savedPlan = saveResult === 'rejected' || saveResult === 'skipped' ? null : plan
    // The copy in the planned cookie holds only if it was saved as planned. Otherwise seal another one.
    const isAsPlanned = savedPlan === null || saveResult === 'saved'
    const savedCookie = isAsPlanned ? plannedCookie : sealCookie(savedPlan, state, saveResult)
    const cookie = savedPlan === null ? null : savedCookie
    const isSignIn = savedPlan?.type === 'began' && savedPlan.token.userId !== null

    const pendingEnds = endSessions(state, isSignIn, foreignTokens)
    if (savedPlan !== null) {
      events.emit?.({ type: savedPlan.type, ...idsOf(savedPlan.token) })
      state.savedId = savedPlan.token.identity?.id ?? null
    }
    state.accessed ||= cookie !== null
    const cookies = setCookies(state, savedPlan, cookie, isSignIn)
    const result = cookies.length === 0 && !state.accessed ? emptyCommit : { cookies, isPrivate: state.accessed }
    return andThen(allOf(pendingEnds), () => result)
  }

  /** Ends the session that was signed out, or that a sign-in replaced. */
  function endSessions(state: SessionState, isSignIn: boolean, foreignTokens: readonly Token[]): MaybePromise<void>[] {
    const { signedOut, opening } = state
    const { openedToken, tokensToEnd, now } = opening
    const others = signedOut ? [...tokensToEnd, ...foreignTokens] : []
    const tokens = others.filter(({ identity }) => identity?.id !== openedToken?.identity?.id)
    if (openedToken !== null && (signedOut || isSignIn)) tokens.unshift(openedToken)
    return tokens.map((token) =>
      andThen(repository.end(token, 'signed-out', now), (confirmed) => {
        events.emit?.({ type: 'ended', reason: 'signed-out', ...idsOf(token), confirmed })
      }),
    )
  }

  /** The new cookie, and an expired one for each of ours that the request brought and that holds no session any more. */
  function setCookies(
    state: SessionState,
    plan: CommitPlan | null,
    cookie: string | null,
    isSignIn: boolean,
  ): string[] {
    const { signedOut, opening } = state
    const { cookiesPresent } = opening
    const kind = cookie === null ? null : jar.isShared ? 'user' : kindOf(plan!.token)
    const isEmpty = plan !== null && leavesNothing(plan)
    const cookies: string[] = []
    if (cookie !== null) cookies.push(cookie)
    if (cookiesPresent.user && (signedOut || isEmpty) && kind !== 'user') cookies.push(jar.expire('user'))
    if (cookiesPresent.guest && (signedOut || isSignIn) && kind !== 'guest') cookies.push(jar.expire('guest'))
    return cookies
  }

  return function commit(session, options = {}) {
    const state = stateOf(session)
    if (state.committed)
      throw new SojournError('ERR_COMMITTED', 'commit was called twice for one session. Adapters commit by themselves.')
    const foreign = foreignStage?.requestOf(session) ?? null
    if (foreign === null) return commitState(state, options, [], false)
    return foreign
      .leave(state, options)
      .then((tokens) => commitState(state, options, tokens, foreign.isAdopting))
      .then((result) => foreign.expireCookies(result))
  }
}

/** Undoes the commit of a session that could not be saved, so that it can be committed again as a failed response. */
function reopenState(state: SessionState, plan: CommitPlan | null): void {
  const { context, dataState } = state
  state.committed = false
  // The store may still create what it did not answer. The next commit must not begin the same session.
  if (plan?.type === 'began' && context.createIdentity !== null) state.identity = context.createIdentity()
  if (dataState.values !== null) dataState.values = Object.assign(Object.create(null), dataState.values)
}

const isTooBig = (error: unknown): boolean => error instanceof SojournError && error.code === 'ERR_COOKIE_TOO_BIG'
