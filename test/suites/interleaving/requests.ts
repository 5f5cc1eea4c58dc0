import type { Session } from '../../../src/index.ts'
import type { Token } from '../../../src/core/token.ts'
import { readSetCookie } from '../../support/browser.ts'
import { tokenIn } from '../../support/stores.ts'
import type { Server } from './backends.ts'
import { acts, type Act, type Commit } from './steps.ts'

export const userCookie = '__Host-Http-session'

/** A cookie that a response set. */
export interface Issued {
  /** As a request sends it. */
  readonly header: string
  readonly id: string
  readonly secret: string
  readonly isUser: boolean
  readonly token: Token
}

/** One request, from its cookies to its response. */
export interface Request {
  readonly session: Session
  /** Its place among all openings and revocations. */
  readonly order: number
  /** When it was opened, in epoch milliseconds. */
  readonly at: number
  readonly server: Server
  readonly header: string
  readonly cookiesPresent: readonly Issued[]
  /** Whether a cookie was sent again to look at its session: nothing else is done with it. */
  readonly isReplay: boolean
  /** As it was opened; all is `null` if the store could not be asked. */
  readonly was: { readonly id: string | null; readonly userId: string | null; readonly isActive: boolean }
  /** Whether the store had its record when it was opened. Without a store, every session counts. */
  readonly hadRecord: boolean
  acts: Act[]
  failed: boolean
  headers: Headers
}

export function stateOf(session: Session): Request['was'] {
  const isKnown = session.outcome !== 'unavailable'
  return {
    id: isKnown ? session.id : null,
    userId: isKnown ? session.userId : null,
    isActive: session.outcome === 'active',
  }
}

export function perform(request: Request, all: readonly Act[]): void {
  for (const each of all) {
    try {
      acts[each](request.session)
      request.acts.push(each)
    } catch (error) {
      ignoreUnavailable(error)
    }
  }
}

/** Commits a request. Resolves to the cookie that its response sets, if any. */
export async function commit(request: Request, { failed, background }: Commit): Promise<Issued | null> {
  const { sessions } = request.server
  request.failed = failed
  try {
    request.headers = await sessions.commit(request.session, { failed, background })
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_SIGN_IN_REFUSED') ignoreUnavailable(error)
    request.failed = true
    request.headers = await sessions.commit(request.session, { failed: true, background })
  }
  const [set, second] = request.headers
    .getSetCookie()
    .map(readSetCookie)
    .filter(({ value }) => value)
  if (second !== undefined) throw new Error(`One response sets ${set?.name} and ${second.name}.`)
  if (set === undefined) return null
  const token = tokenIn(set.name, set.value, request.at)
  return { header: `${set.name}=${set.value}`, ...token.identity!, isUser: set.name === userCookie, token }
}

/** What a response does to a cookie: its value, `''` if it is deleted, `undefined` if it is not changed. */
export const effect = ({ headers }: Request, name = userCookie): string | undefined =>
  headers
    .getSetCookie()
    .map(readSetCookie)
    .find((cookie) => cookie.name === name)?.value

export const signsIn = (all: readonly Act[]): boolean => all.some((each) => each.startsWith('sign in'))

export function ignoreUnavailable(error: unknown): void {
  if ((error as { code?: string }).code !== 'ERR_SESSION_UNAVAILABLE') throw error
}
