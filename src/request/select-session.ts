import type { Outcome } from '../core/outcome.ts'
import type { Token } from '../core/token.ts'
import type { LookupResult } from '../repository/repository.ts'

/** The lookup results of one request, before one is selected. `noSession` stands for a cookie that was not looked up. */
export interface Candidates {
  /** The session in our user cookie. */
  readonly user: LookupResult
  /** The session of another library, if `accept` is set. */
  readonly foreign: LookupResult
  /** The session in our guest cookie. */
  readonly guest: LookupResult
}

export interface Selection {
  /** How the request opened: the word for logs and for the login page. */
  readonly outcome: Outcome
  /** The token that the outcome is about. */
  readonly token: Token | null
  /** The session that the handler gets; `noSession` for a new one. */
  readonly opened: LookupResult
  /** The user's session, ours or the foreign one. */
  readonly userSession: LookupResult
  /** The driver's error, if a store could not be asked. */
  readonly cause: unknown
}

export const noSession: LookupResult = { outcome: 'none', token: null, isStale: false }

export const ambiguous: LookupResult = { ...noSession, outcome: 'ambiguous' }

export const isLive = ({ outcome }: LookupResult): boolean => outcome === 'active' || outcome === 'unconfirmed'

/** Selects the session of a request: the user's, else a guest's, else a new one. */
export function selectSession(candidates: Candidates): Selection {
  const user = selectUser(candidates)
  const { foreign } = candidates
  const guest = isLive(foreign) && !isLive(candidates.guest) ? foreign : candidates.guest
  const opened = isLive(user) ? user : isLive(guest) ? guest : noSession
  // Report the outcome of the user cookie if there was one: it explains why the visitor is a guest now.
  // Exception: if the state of the guest's session is unknown, report that, so that no new one begins over it.
  const { outcome, token, cause } = user.outcome === 'none' || guest.outcome === 'unavailable' ? guest : user
  return { outcome, token, opened, userSession: user, cause: cause ?? opened.cause }
}

/** Selects the foreign session if it is a user's, or if its store did not answer; otherwise our user cookie. */
export function selectUser({ user, foreign }: Pick<Candidates, 'user' | 'foreign'>): LookupResult {
  return foreign.outcome === 'unavailable' || foreign.token?.userId != null ? foreign : user
}

/**
 * Selects among several cookies of one name, which come from another path or a parent domain.
 * Two that open as different sessions are `ambiguous`, because the header does not say which one is meant. If another session
 * than the live one cannot be looked up, the result is `unavailable`.
 */
export function selectAmongSameName(found: readonly LookupResult[]): LookupResult {
  if (found.length < 2) return found[0] ?? noSession
  const active = found.filter(isLive)
  if (new Set(active.map(idOf)).size > 1) return ambiguous
  // Without ids, sessions cannot be distinguished. Take the first one, as Flask does.
  if (active[0]?.token?.identity === null) return active[0]
  const newest = active.toSorted(compareNewestFirst)[0]
  // Another session that cannot be looked up may be the one that is meant.
  const unavailable = found.find((one) => one.outcome === 'unavailable' && (!newest || idOf(one) !== idOf(newest)))
  return unavailable ?? newest ?? found[0]!
}

const idOf = ({ token }: LookupResult): string | undefined => token?.identity?.id

/** Orders copies of one session: the higher version of the record first, then the later use. */
const compareNewestFirst = ({ token: one }: LookupResult, { token: other }: LookupResult): number =>
  other!.version - one!.version || other!.lastSeenAt - one!.lastSeenAt
