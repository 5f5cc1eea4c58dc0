import type { ForeignContext, ForeignSession, ForeignSessions } from '../cookies/foreign.ts'
import type { LogicalTime } from '../core/logical-time.ts'
import type { Settings } from '../options.ts'
import { createCircuitBreaker } from '../util/circuit-breaker.ts'
import { createDeadlineCall, isSilence, WaitedTooLong } from '../util/deadline-call.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'
import { orElse } from '../util/store-answers.ts'

/** The foreign sessions that a request's cookies open. */
export interface ForeignResult {
  readonly sessions: readonly ForeignSession[]
  /** The error of the first library whose store did not answer. */
  readonly failure: Failure | null
}

export interface Failure {
  readonly cause: unknown
}

/**
 * The libraries of the option `accept`. Each has a deadline, and a circuit breaker for questions to its own store. The time that a
 * request waits for them counts together with the time that it waits for our store.
 */
export interface ForeignLibraries {
  findSessions(header: string, moment: LogicalTime): Promise<ForeignResult>
  /** Reports to the libraries that their sessions were adopted or signed out. Resolves to the first failure. */
  notify(sessions: readonly ForeignSession[], isSignedOut: boolean, moment: LogicalTime): Promise<Failure | null>
}

export function createForeignLibraries({ accept, cookies, lifetimes, storeTimeout }: Settings): ForeignLibraries {
  const { idleTimeout, absoluteTimeout } = lifetimes
  const libraries = accept.map((library) => createLibrary(library, storeTimeout))
  const notifyInTime = createDeadlineCall(storeTimeout)

  return {
    async findSessions(header, moment) {
      const context = { now: moment.at, idleTimeout, absoluteTimeout, cookieName: cookies.user.name }
      const { answers, failure } = await collectAnswers(libraries.map(({ open }) => open(header, context, moment)))
      return { sessions: answers.flatMap((first) => (first === null ? [] : [first, ...(first.others ?? [])])), failure }
    },

    async notify(sessions, isSignedOut, moment) {
      const notifications = sessions.map((each) => notifyInTime(async () => each.settle?.(isSignedOut), moment))
      return (await collectAnswers(notifications)).failure
    },
  }
}

function createLibrary(library: ForeignSessions, storeTimeout: number) {
  const { name } = library
  const callInTime = createDeadlineCall(storeTimeout, { name })
  const breaker = createCircuitBreaker()
  let lastError: unknown

  async function ask<Answer>(question: () => Promise<Answer>, moment: LogicalTime): Promise<Answer> {
    if (!breaker.allows())
      throw new Error(`${name} did not answer several times in a row, so it is not asked now.`, { cause: lastError })
    try {
      const answer = await callInTime(question, moment)
      breaker.succeeded()
      return answer
    } catch (error) {
      // An error is an answer, perhaps to one visitor's odd id, and costs others no time.
      if (!isSilence(error)) breaker.succeeded()
      // A shorter time than the timeout says nothing about the library.
      else if (!(error instanceof WaitedTooLong)) breaker.failed()
      throw (lastError = error)
    }
  }

  return {
    open: (header: string, context: Omit<ForeignContext, 'ask'>, moment: LogicalTime) =>
      callInTime(async () => library.open(header, { ...context, ask: (question) => ask(question, moment) }), moment),
  }
}

/** Waits for all answers. A failed one becomes `null`. Also returns the first failure. */
async function collectAnswers<Answer>(pendingAnswers: readonly MaybePromise<Answer>[]) {
  let failure: Failure | null = null
  const keepFailure = (cause: unknown) => {
    failure ??= { cause }
    return null
  }
  const answers = await Promise.all(pendingAnswers.map((each) => orElse(each, keepFailure)))
  return { answers, failure: failure as Failure | null }
}
