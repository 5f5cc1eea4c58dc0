import type { ForeignContext, ForeignSession, ForeignSessions } from '../cookies/foreign.ts'
import type { Settings } from '../options.ts'
import { createCircuitBreaker } from '../util/circuit-breaker.ts'
import { createDeadlines } from '../util/deadlines.ts'

/** The foreign sessions that a request's cookies open. */
export interface ForeignResult {
  readonly sessions: readonly ForeignSession[]
  /** The error of the first library whose store did not answer. */
  readonly failure: Failure | null
}

export interface Failure {
  readonly cause: unknown
}

/** The libraries of the option `accept`. Each has a deadline, and a circuit breaker for questions to its own store. */
export interface ForeignLibraries {
  findSessions(header: string, now: number): Promise<ForeignResult>
  /** Reports to the libraries that their sessions were adopted or signed out. Resolves to the first failure. */
  notify(sessions: readonly ForeignSession[], isSignedOut: boolean): Promise<Failure | null>
}

export function createForeignLibraries({ accept, cookies, lifetimes, storeTimeout }: Settings): ForeignLibraries {
  const { idleTimeout, absoluteTimeout } = lifetimes
  const deadlines = createDeadlines(storeTimeout * 1000)
  const libraries = accept.map((library) => ({ library, ask: createAsk(library) }))

  function withDeadline<Answer>(name: string, question: () => Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const deadline = deadlines.start(() => reject(new Error(`${name} did not answer within ${storeTimeout} s.`)))
      const cancel = () => void deadline.cancel()
      // In a promise, so that an error that the library throws rejects as well.
      Promise.resolve().then(question).then(resolve, reject).then(cancel)
    })
  }

  function createAsk({ name }: ForeignSessions): NonNullable<ForeignContext['ask']> {
    const breaker = createCircuitBreaker()
    let lastError: unknown
    return async (question) => {
      if (!breaker.allows())
        throw new Error(`${name} did not answer several times in a row, so it is not asked now.`, { cause: lastError })
      try {
        const answer = await withDeadline(name, question)
        breaker.succeeded()
        return answer
      } catch (error) {
        breaker.failed()
        throw (lastError = error)
      }
    }
  }

  return {
    async findSessions(header, now) {
      const context = { now, idleTimeout, absoluteTimeout, cookieName: cookies.user.name }
      const { answers, failure } = await collectAnswers(
        libraries.map(({ library, ask }) =>
          withDeadline(library.name, () => library.open(header, { ...context, ask })),
        ),
      )
      return { sessions: answers.flatMap((first) => (first === null ? [] : [first, ...(first.others ?? [])])), failure }
    },

    async notify(sessions, isSignedOut) {
      const notifications = sessions.map((each) => withDeadline('A library', async () => each.settle?.(isSignedOut)))
      return (await collectAnswers(notifications)).failure
    },
  }
}

/** Waits for all answers. A failed one becomes `null`. Also returns the first failure. */
async function collectAnswers<Answer>(pendingAnswers: readonly Promise<Answer>[]) {
  let failure: Failure | null = null
  const keepFailure = (cause: unknown) => {
    failure ??= { cause }
    return null
  }
  const answers = await Promise.all(pendingAnswers.map((each) => each.catch(keepFailure)))
  return { answers, failure: failure as Failure | null }
}
