import { ConfigError } from './config.ts'

/** The database cannot be asked right now; its driver's own error is the cause. */
export class DatabaseDown extends Error {
  constructor(cause: unknown) {
    super(`The database does not answer: ${saying(cause)}`, { cause })
  }
}

/** What the system says of a network, or of the want of sockets. */
const codes = /^E(CONN[A-Z]+|TIMEDOUT|PIPE|NOTFOUND|AI_AGAIN|HOST[A-Z]+|NET[A-Z]+|ADDRNOTAVAIL|MFILE|NFILE)$/

/** What pg says of a connection, of its waiting for one and for an answer; and what redis does. */
const sentences =
  /^(Connection terminated|Connection timeout$|timeout expired$|timeout exceeded when trying to connect$|Query read timeout$|Client (has encountered a connection error|was closed)|Socket (closed|timeout)|The client is (offline|closed)$)/

/** What a Redis says that is there, and is not to be asked yet. */
const replies = /^(LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY) /

/**
 * Whether a server cannot be asked right now, so that it does to try again. Not where it refused, which for Postgres are
 * all classes of SQLSTATE but 08, 53 and 57; and not where the mistake is ours.
 */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, syscall } = error as NodeJS.ErrnoException
  if ('severity' in error) return /^(08|53|57)/.test(String(code))
  return (
    syscall === 'connect' || codes.test(String(code)) || sentences.test(error.message) || replies.test(error.message)
  )
}

/** Why the application cannot start without a server: that it does not answer, or what it says. `variable` names it. */
export function notToBeHad(server: string, variable: string, error: unknown): ConfigError {
  const [what, advice] = isOutage(error)
    ? ['does not answer', `Start it, or see whether ${variable} names it.`]
    : ['refused', `See ${variable}.`]
  return new ConfigError(`${server} ${what}: ${saying(error)}. ${advice}`, { cause: error })
}

/** What a driver says, in one line. Several addresses that were tried make an error without a message of its own. */
export function saying(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const text = error.message || String((error as NodeJS.ErrnoException).code ?? error.name)
  return text.replaceAll(/\s+/g, ' ').replace(/\.$/, '')
}
