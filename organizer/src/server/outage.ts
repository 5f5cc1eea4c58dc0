import { ConfigError } from './config.ts'

/** Error codes of the system for network failures, or for too many open sockets. */
const codes = /^E(CONN[A-Z]+|TIMEDOUT|PIPE|NOTFOUND|AI_AGAIN|HOST[A-Z]+|NET[A-Z]+|ADDRNOTAVAIL|MFILE|NFILE)$/

/** Messages of pg and redis about lost connections and timeouts. These errors have no code. */
const messages =
  /^(Connection terminated|Connection timeout$|timeout expired$|timeout exceeded when trying to connect$|Query read timeout$|Client (has encountered a connection error|was closed)|Socket (closed|timeout)|The client is (offline|closed)$)/

/** Replies of a Redis that is running but not ready. */
const replies = /^(LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY) /

/**
 * Whether an error means that a server cannot be reached now, so that a retry may help. An error that the server
 * returned is no outage, except the SQLSTATE classes 08, 53 and 57. A mistake in our program is no outage.
 */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, syscall } = error as NodeJS.ErrnoException
  if ('severity' in error) return /^(08|53|57)/.test(String(code))
  return (
    syscall === 'connect' || codes.test(String(code)) || messages.test(error.message) || replies.test(error.message)
  )
}

/** The error that explains why the application cannot start without a server. `variable` holds the server's address. */
export function startError(server: string, variable: string, error: unknown): ConfigError {
  const [problem, advice] = isOutage(error)
    ? ['does not answer', `Start it, or check ${variable}.`]
    : ['refused', `Check ${variable}.`]
  return new ConfigError(`${server} ${problem}: ${errorText(error)}. ${advice}`, { cause: error })
}

/** A driver's error in one line. If several addresses failed, the error has no message, but a code. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const text = error.message || String((error as NodeJS.ErrnoException).code ?? error.name)
  return text.replaceAll(/\s+/g, ' ').replace(/\.$/, '')
}
