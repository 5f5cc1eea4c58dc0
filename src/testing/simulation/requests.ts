// The wishes of requests, and their answers.
import type { CookieFacts } from './facts.ts'
import { storeTimeoutMs } from './network.ts'
import type { Act } from './plan.ts'
import type { Process } from './servers.ts'
import { stalledAt } from './time.ts'
import type { Write } from './values.ts'

/** The wish of a visitor. */
export interface Wish {
  readonly who: string
  readonly act: Act
  readonly key: string
  readonly user: string
  readonly handlerMs: number
  readonly form?: { readonly session: string; readonly token: string } | null
}

/** The answer of a server. */
export interface Answer {
  readonly status: number
  readonly cookies: readonly string[]
  readonly form: { readonly session: string; readonly token: string } | null
}

/** The work that the handler has started, for the model to book when it is answered. */
export interface Begun {
  write: Write | null
  value: string | null
  /** When it began a sign-in of another user than before. */
  signedInAt: number
  readonly startedAt: number
}

/** The session that a request got when it was opened. */
export interface Opened {
  readonly process: Process
  readonly cookie: CookieFacts | null
  /** Whether the request had a user cookie at all. */
  readonly outcome: string
  readonly user: string | null
  readonly id: string | null
  readonly data: Readonly<Record<string, unknown>> | null
  readonly openedAt: number
  /** The same by the server’s clock. */
  readonly wall: number
  /** How long it has waited to be opened and committed, in milliseconds. */
  waitedMs: number
}

export const isIn = (outcome: string): boolean => outcome === 'active' || outcome === 'unconfirmed'

/** Whether a server may have had trouble with its store since an instant. */
export const hadTrouble = ({ learned }: Process, since: number): boolean =>
  learned.isDoubtful || learned.troubleUntil >= since || stalledAt() + afterStallMs >= since

/**
 * A request waits for 2.2 timeouts at most, so several slow calls may use up its time although each was answered in time. Its last
 * call gets only the whole fifths of a timeout that are left, so its time may be up two fifths earlier.
 */
const shortestLimitMs = 1.8 * storeTimeoutMs

/** Whether a request may have had no answer of its store. */
export const mayLackAnswer = ({ process, openedAt, waitedMs }: Opened): boolean =>
  hadTrouble(process, openedAt) || waitedMs >= shortestLimitMs

/** How long calls that failed in a stall can still show: a store that counts as down is asked once a second. */
const afterStallMs = 2000
