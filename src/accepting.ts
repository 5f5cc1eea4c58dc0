import { createDeadlines } from './deadlines.ts'
import { SojournError } from './errors.ts'
import type { Context, ForeignSession, ForeignSessions, Opened, Token } from './format.ts'
import type { Found } from './found.ts'
import type { Settings } from './options.ts'
import type { CommitOptions, Committed, Requests } from './requests.ts'
import { stateOf, type Session } from './session.ts'
import { deletionsBeside } from './their-cookies.ts'
import { stepOf } from './state.ts'

/** What of other libraries came with a request. */
interface Theirs {
  readonly found: readonly ForeignSession[]
  /** Which of them is ours from now on. */
  readonly taken: ForeignSession | null
  /** Why a library's store could not be asked. */
  readonly failure: Failure | null
}

interface Failure {
  readonly cause: unknown
}

/**
 * Takes over sessions of other libraries: as ones that no store has seen, so that ours adopts them, or refuses what it has
 * ended. Their own cookies go with the response that sets ours, and with a sign-out.
 */
export function accepting(
  { accept, cookies, lifetimes, storeTimeout }: Settings,
  requests: Requests<any>,
): Pick<Requests<any>, 'open' | 'commit'> {
  const { idleTimeout, absoluteTimeout } = lifetimes
  const deadlines = createDeadlines(storeTimeout * 1000)
  const isSecure = cookies.user.attributes.includes('; Secure')
  const theirs = new WeakMap<Session<any>, Theirs>()

  async function ask(reader: ForeignSessions, header: string, context: Context): Promise<ForeignSession | null> {
    return new Promise((resolve, reject) => {
      const deadline = deadlines.begin(() =>
        reject(new Error(`${reader.name} did not answer within ${storeTimeout} s.`)),
      )
      const stop = () => void deadline.stop()
      // What it throws rejects as well.
      Promise.resolve()
        .then(() => reader.open(header, context))
        .then(resolve, reject)
        .then(stop)
    })
  }

  async function find(header: string, now: number): Promise<Omit<Theirs, 'taken'>> {
    const context: Context = { now, idleTimeout, absoluteTimeout, cookieName: cookies.user.name }
    const answers = await Promise.allSettled(accept.map((reader) => ask(reader, header, context)))
    const rejected = answers.find((answer) => answer.status === 'rejected')
    return {
      found: answers.flatMap((answer) => (answer.status === 'fulfilled' ? (answer.value ?? []) : [])),
      failure: rejected === undefined ? null : { cause: rejected.reason },
    }
  }

  async function commit(session: Session<any>, options: CommitOptions): Promise<Committed> {
    try {
      return await requests.commit(session, options)
    } catch (error) {
      const state = stateOf(session)
      const { failed = false, background = false } = options
      const isTooBig = error instanceof SojournError && error.code === 'ERR_COOKIE_TOO_BIG'
      if (!isTooBig || stepOf(state, { failed, background })?.type !== 'touched') throw error
      // Theirs hold more than ours. It stays, and its person with it, as long as nothing changes.
      state.committed = true
      return { cookies: [], isPrivate: state.accessed }
    }
  }

  return {
    async open(header, moment = requests.moment()) {
      const { found, failure } = await find(header ?? '', moment.at)
      const session = await requests.open(header, moment, offered(found, failure))
      if (found.length === 0 && failure === null) return session
      const { opened, others } = stateOf(session).opening
      const taken = found.find(({ token }) => opened !== null && isSame(token, opened)) ?? null
      theirs.set(session, { found, taken, failure })
      // Whoever signs out here is not to be taken over by the next request.
      ;(others as Token[]).push(...found.map(({ token }) => token))
      return session
    },

    async commit(session, options = {}) {
      const { found, taken, failure } = theirs.get(session) ?? none
      const { signedOut } = stateOf(session)
      if (signedOut && failure !== null && options.failed !== true) throw cannotEnd(failure)
      const committed = await commit(session, options)
      const gone = signedOut ? found : taken !== null && committed.cookies.length > 0 ? [taken] : []
      const deletions = deletionsBeside(
        committed.cookies,
        gone.flatMap((each) => each.cookies),
        isSecure,
      )
      return deletions.length === 0 ? committed : { ...committed, cookies: [...deletions, ...committed.cookies] }
    },
  }
}

const none: Theirs = { found: [], taken: null, failure: null }

/** A signed-in session of theirs before a guest's, and either before what nobody could tell. */
function offered(found: readonly ForeignSession[], failure: Failure | null): Opened | Found | undefined {
  const foreign = found.find(({ token }) => token.userId !== null) ?? (failure === null ? found[0] : undefined)
  // As one that an older key has sealed: its cookie is to be ours from now on.
  if (foreign !== undefined) return { outcome: 'active', token: foreign.token, key: 1 }
  return failure === null ? undefined : { outcome: 'unavailable', token: null, isStale: false, ...failure }
}

const isSame = (one: Token, other: Token): boolean => one.identity?.id === other.identity?.id

const cannotEnd = ({ cause }: Failure): SojournError =>
  new SojournError(
    'ERR_SESSION_UNAVAILABLE',
    'Another library could not be asked for its session, which would sign in again who signs out here.',
    { cause },
  )
