import { createBreaker } from '../util/circuit-breaker.ts'
import { createDeadlines } from '../util/deadlines.ts'
import { SojournError } from '../core/errors.ts'
import type { ForeignContext, ForeignSession, ForeignSessions } from '../cookies/foreign.ts'
import type { Token } from '../core/token.ts'
import type { Found } from '../repository/repository.ts'
import type { Settings } from '../options.ts'
import type { CommitOptions, Committed, Requests } from './lifecycle.ts'
import { stateOf, type Session } from '../session/session.ts'
import { deletionsBeside } from './foreign-cookies.ts'
import { stepOf } from '../session/state.ts'

/** What of other libraries came with a request. */
interface Theirs {
  readonly found: readonly ForeignSession[]
  /** Why a library's store could not be asked. */
  readonly failure: Failure | null
}

interface Failure {
  readonly cause: unknown
}

/** What is known of theirs in a request. */
interface Request {
  /** Asks for them; once, however often it is called. */
  readonly ask: () => Promise<Theirs>
  /** Which of them is ours from now on. */
  readonly taken: ForeignSession | null
}

/**
 * Takes over sessions of other libraries: as ones that no store has seen, so that ours adopts them, or refuses what it has
 * ended. They are asked for only where nobody is signed in by ours, and where somebody leaves: their own cookies go with the
 * response that sets ours, and with a sign-out.
 */
export function accepting(
  { accept, cookies, lifetimes, storeTimeout }: Settings,
  requests: Requests<any>,
): Pick<Requests<any>, 'open' | 'commit'> {
  const { idleTimeout, absoluteTimeout } = lifetimes
  const deadlines = createDeadlines(storeTimeout * 1000)
  const isSecure = cookies.user.attributes.includes('; Secure')
  const readers = accept.map((reader) => ({ reader, ask: askerOf(reader) }))
  const known = new WeakMap<Session<any>, Request>()

  function inTime<Answer>({ name }: { name: string }, question: () => Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const deadline = deadlines.begin(() => reject(new Error(`${name} did not answer within ${storeTimeout} s.`)))
      const stop = () => void deadline.stop()
      // What it throws rejects as well.
      Promise.resolve().then(question).then(resolve, reject).then(stop)
    })
  }

  function askerOf(reader: ForeignSessions): NonNullable<ForeignContext['ask']> {
    const breaker = createBreaker()
    let lastError: unknown
    return async (question) => {
      if (!breaker.admits()) throw new Error(`${reader.name} does not answer, and is left alone.`, { cause: lastError })
      try {
        const answer = await inTime(reader, question)
        breaker.answered()
        return answer
      } catch (error) {
        breaker.missed()
        throw (lastError = error)
      }
    }
  }

  async function find(header: string, now: number): Promise<Theirs> {
    const context = { now, idleTimeout, absoluteTimeout, cookieName: cookies.user.name }
    const { answers, failure } = await allOf(
      readers.map(({ reader, ask }) => inTime(reader, () => reader.open(header, { ...context, ask }))),
    )
    return { found: answers.flatMap((first) => (first === null ? [] : [first, ...(first.others ?? [])])), failure }
  }

  /** Tells their libraries what became of them. */
  async function settle(theirs: readonly ForeignSession[], isSignedOut: boolean): Promise<Failure | null> {
    const told = theirs.map((each) => inTime({ name: 'A library' }, async () => each.settle?.(isSignedOut)))
    return (await allOf(told)).failure
  }

  async function commit(session: Session<any>, options: CommitOptions, isTaken: boolean): Promise<Committed> {
    try {
      return await requests.commit(session, options)
    } catch (error) {
      const state = stateOf(session)
      const { failed = false, background = false } = options
      const isTooBig = error instanceof SojournError && error.code === 'ERR_COOKIE_TOO_BIG'
      if (!isTaken || !isTooBig || stepOf(state, { failed, background })?.type !== 'touched') throw error
      // Theirs hold more than ours. It stays, and its person with it, as long as nothing changes.
      state.committed = true
      return { cookies: [], isPrivate: state.accessed }
    }
  }

  return {
    async open(header, moment = requests.moment()) {
      let asked: Promise<Theirs> | null = null
      const ask = () => (asked ??= find(header ?? '', moment.at))
      const session = await requests.open(header, moment, async (own, judge) => {
        const { found, failure } = await ask()
        let refused = nobodyFor(failure)
        for (const each of offered(found, failure, own)) {
          // As one that an older key has sealed: its cookie is to be ours from now on.
          const judged = await judge({ outcome: 'active', token: each.token, key: 1 }, moment)
          // A guest's is taken over by the response, and nobody is in by it.
          const isOpen = judged.outcome === 'active'
          const missed = isOpen && each.token.userId !== null ? await settle([each], false) : null
          if (missed !== null) return nobodyFor(missed)
          if (isOpen || judged.outcome === 'unavailable') return judged
          if (refused.outcome === 'none') refused = judged
        }
        return refused
      })
      const { opened } = stateOf(session).opening
      const { found } = (await asked) ?? none
      known.set(session, { ask, taken: found.find(({ token }) => token.identity!.id === opened?.identity?.id) ?? null })
      return session
    },

    async commit(session, options = {}) {
      const { ask, taken } = known.get(session) ?? nobody
      const { signedOut, change, opening } = stateOf(session)
      // Who signs in as another leaves as well.
      const isLeft = signedOut || (change === 'entered' && opening.opened?.userId != null && options.failed !== true)
      const { found, failure } = isLeft ? await ask() : none
      const missed = signedOut ? (failure ?? (await settle(found, true))) : null
      if (missed !== null && options.failed !== true) throw cannotEnd(missed)
      // Whoever signs out here is not to be taken over by the next request.
      const others = opening.others as Token[]
      others.push(...found.map(({ token }) => token).filter((token) => !others.includes(token)))
      const committed = await commit(session, options, taken !== null)
      const replaced = taken !== null && taken.stays !== true && committed.cookies.length > 0 ? [taken] : []
      const deletions = deletionsBeside(
        committed.cookies,
        [...found, ...replaced].flatMap((each) => each.cookies),
        isSecure,
      )
      return deletions.length === 0 ? committed : { ...committed, cookies: [...deletions, ...committed.cookies] }
    },
  }
}

const none: Theirs = { found: [], failure: null }
const nobody: Request = { ask: async () => none, taken: null }

const nobodyFor = (failure: Failure | null): Found => ({
  outcome: failure === null ? 'none' : 'unavailable',
  token: null,
  isStale: false,
  ...failure,
})

/** Signed-in sessions of theirs before guests', of which there is none where nobody could tell. */
function offered(found: readonly ForeignSession[], failure: Failure | null, own: Found): readonly ForeignSession[] {
  // Theirs may not know yet that its user has left here.
  const left = own.outcome === 'ended' || own.outcome === 'revoked' ? own.token!.userId : null
  const users = found.filter(({ token: { userId } }) => userId !== null && userId !== left)
  return users.length > 0 || failure !== null ? users : found.filter(({ token }) => token.userId === null)
}

/** All answers, `null` for those that there are not, and why. */
async function allOf<Answer>(asked: readonly Promise<Answer>[]) {
  let failure: Failure | null = null
  const missed = (cause: unknown) => {
    failure ??= { cause }
    return null
  }
  const answers = await Promise.all(asked.map((each) => each.catch(missed)))
  return { answers, failure: failure as Failure | null }
}

const cannotEnd = ({ cause }: Failure): SojournError =>
  new SojournError(
    'ERR_SESSION_UNAVAILABLE',
    'Another library could not be asked for its session, which would sign in again who signs out here.',
    { cause },
  )
