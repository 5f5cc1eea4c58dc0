import { createCircuitBreaker } from '../util/circuit-breaker.ts'
import { createDeadlines } from '../util/deadlines.ts'
import { SojournError } from '../core/errors.ts'
import type { ForeignContext, ForeignSession, ForeignSessions } from '../cookies/foreign.ts'
import type { Token } from '../core/token.ts'
import type { LookupResult } from '../repository/repository.ts'
import type { Settings } from '../options.ts'
import type { CommitOptions, CommitResult, RequestLifecycle } from './lifecycle.ts'
import { stateOf, type Session } from '../session/session.ts'
import { expireForeignCookies } from './foreign-cookies.ts'
import { planCommit } from '../session/state.ts'

/** What of other libraries came with a request. */
interface ForeignResult {
  readonly sessions: readonly ForeignSession[]
  /** Why a library's store could not be asked. */
  readonly failure: Failure | null
}

interface Failure {
  readonly cause: unknown
}

/** What is known of theirs in a request. */
interface ForeignRequest {
  /** Asks for them; once, however often it is called. */
  readonly ask: () => Promise<ForeignResult>
  /** Which of them is ours from now on. */
  readonly adopted: ForeignSession | null
}

/**
 * Takes over sessions of other libraries: as ones that no store has seen, so that ours adopts them, or refuses what it has
 * ended. They are asked for only where nobody is signed in by ours, and where somebody leaves: their own cookies go with the
 * response that sets ours, and with a sign-out.
 */
export function createForeignLifecycle(
  { accept, cookies, lifetimes, storeTimeout }: Settings,
  lifecycle: RequestLifecycle<any>,
): Pick<RequestLifecycle<any>, 'open' | 'commit'> {
  const { idleTimeout, absoluteTimeout } = lifetimes
  const deadlines = createDeadlines(storeTimeout * 1000)
  const isSecure = cookies.user.attributes.includes('; Secure')
  const readers = accept.map((reader) => ({ reader, ask: createAsk(reader) }))
  const foreignRequests = new WeakMap<Session<any>, ForeignRequest>()

  function withDeadline<Answer>({ name }: { name: string }, question: () => Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const deadline = deadlines.start(() => reject(new Error(`${name} did not answer within ${storeTimeout} s.`)))
      const cancel = () => void deadline.cancel()
      // What it throws rejects as well.
      Promise.resolve().then(question).then(resolve, reject).then(cancel)
    })
  }

  function createAsk(reader: ForeignSessions): NonNullable<ForeignContext['ask']> {
    const breaker = createCircuitBreaker()
    let lastError: unknown
    return async (question) => {
      if (!breaker.allows()) throw new Error(`${reader.name} does not answer, and is left alone.`, { cause: lastError })
      try {
        const answer = await withDeadline(reader, question)
        breaker.succeeded()
        return answer
      } catch (error) {
        breaker.failed()
        throw (lastError = error)
      }
    }
  }

  async function findSessions(header: string, now: number): Promise<ForeignResult> {
    const context = { now, idleTimeout, absoluteTimeout, cookieName: cookies.user.name }
    const { answers, failure } = await collectAnswers(
      readers.map(({ reader, ask }) => withDeadline(reader, () => reader.open(header, { ...context, ask }))),
    )
    return { sessions: answers.flatMap((first) => (first === null ? [] : [first, ...(first.others ?? [])])), failure }
  }

  /** Tells their libraries what became of them. */
  async function notifyLibrary(sessions: readonly ForeignSession[], isSignedOut: boolean): Promise<Failure | null> {
    const notifications = sessions.map((each) =>
      withDeadline({ name: 'A library' }, async () => each.settle?.(isSignedOut)),
    )
    return (await collectAnswers(notifications)).failure
  }

  async function commitOrKeepForeign(
    session: Session<any>,
    options: CommitOptions,
    isAdopted: boolean,
  ): Promise<CommitResult> {
    try {
      return await lifecycle.commit(session, options)
    } catch (error) {
      const state = stateOf(session)
      const { failed = false, background = false } = options
      const isTooBig = error instanceof SojournError && error.code === 'ERR_COOKIE_TOO_BIG'
      if (!isAdopted || !isTooBig || planCommit(state, { failed, background })?.type !== 'touched') throw error
      // Theirs hold more than ours. It stays, and its person with it, as long as nothing changes.
      state.committed = true
      return { cookies: [], isPrivate: state.accessed }
    }
  }

  return {
    async open(header, moment = lifecycle.readClock()) {
      let pendingResult: Promise<ForeignResult> | null = null
      const ask = () => (pendingResult ??= findSessions(header ?? '', moment.at))
      const session = await lifecycle.open(header, moment, async (own, lookUp) => {
        const { sessions, failure } = await ask()
        let rejection = noSessionFor(failure)
        for (const each of candidates(sessions, failure, own)) {
          // As one that an older key has sealed: its cookie is to be ours from now on.
          const result = await lookUp({ outcome: 'active', token: each.token, key: 1 }, moment)
          // A guest's is taken over by the response, and nobody is in by it.
          const isOpen = result.outcome === 'active'
          const notifyFailure = isOpen && each.token.userId !== null ? await notifyLibrary([each], false) : null
          if (notifyFailure !== null) return noSessionFor(notifyFailure)
          if (isOpen || result.outcome === 'unavailable') return result
          if (rejection.outcome === 'none') rejection = result
        }
        return rejection
      })
      const { openedToken } = stateOf(session).opening
      const { sessions } = (await pendingResult) ?? emptyResult
      foreignRequests.set(session, {
        ask,
        adopted: sessions.find(({ token }) => token.identity!.id === openedToken?.identity?.id) ?? null,
      })
      return session
    },

    async commit(session, options = {}) {
      const { ask, adopted } = foreignRequests.get(session) ?? emptyRequest
      const { signedOut, identityChange, opening } = stateOf(session)
      // Who signs in as another leaves as well.
      const isLeaving =
        signedOut || (identityChange === 'signed-in' && opening.openedToken?.userId != null && options.failed !== true)
      const { sessions, failure } = isLeaving ? await ask() : emptyResult
      const notifyFailure = signedOut ? (failure ?? (await notifyLibrary(sessions, true))) : null
      if (notifyFailure !== null && options.failed !== true) throw cannotEndError(notifyFailure)
      // Whoever signs out here is not to be taken over by the next request.
      const tokensToEnd = opening.tokensToEnd as Token[]
      tokensToEnd.push(...sessions.map(({ token }) => token).filter((token) => !tokensToEnd.includes(token)))
      const result = await commitOrKeepForeign(session, options, adopted !== null)
      const replaced = adopted !== null && adopted.stays !== true && result.cookies.length > 0 ? [adopted] : []
      const deletions = expireForeignCookies(
        result.cookies,
        [...sessions, ...replaced].flatMap((each) => each.cookies),
        isSecure,
      )
      return deletions.length === 0 ? result : { ...result, cookies: [...deletions, ...result.cookies] }
    },
  }
}

const emptyResult: ForeignResult = { sessions: [], failure: null }
const emptyRequest: ForeignRequest = { ask: async () => emptyResult, adopted: null }

const noSessionFor = (failure: Failure | null): LookupResult => ({
  outcome: failure === null ? 'none' : 'unavailable',
  token: null,
  isStale: false,
  ...failure,
})

/** Signed-in sessions of theirs before guests', of which there is none where nobody could tell. */
function candidates(
  sessions: readonly ForeignSession[],
  failure: Failure | null,
  own: LookupResult,
): readonly ForeignSession[] {
  // Theirs may not know yet that its user has left here.
  const leftUserId = own.outcome === 'ended' || own.outcome === 'revoked' ? own.token!.userId : null
  const users = sessions.filter(({ token: { userId } }) => userId !== null && userId !== leftUserId)
  return users.length > 0 || failure !== null ? users : sessions.filter(({ token }) => token.userId === null)
}

/** All answers, `null` for those that there are not, and why. */
async function collectAnswers<Answer>(pendingAnswers: readonly Promise<Answer>[]) {
  let failure: Failure | null = null
  const recordFailure = (cause: unknown) => {
    failure ??= { cause }
    return null
  }
  const answers = await Promise.all(pendingAnswers.map((each) => each.catch(recordFailure)))
  return { answers, failure: failure as Failure | null }
}

const cannotEndError = ({ cause }: Failure): SojournError =>
  new SojournError(
    'ERR_SESSION_UNAVAILABLE',
    'Another library could not be asked for its session, which would sign in again who signs out here.',
    { cause },
  )
