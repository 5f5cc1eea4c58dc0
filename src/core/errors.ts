/**
 * Every code of a {@link SojournError}.
 *
 * | code | when | `status` |
 * |---|---|---|
 * | `ERR_OPTIONS` | an option, or an argument of an adapter, is unknown or invalid | 500 |
 * | `ERR_SECRET_MISSING` | no secret is set | 500 |
 * | `ERR_SECRET_WEAK` | a secret has fewer than 32 bytes or, in production, can be guessed | 500 |
 * | `ERR_COOKIE_OPTIONS` | browsers would reject a cookie with these attributes | 500 |
 * | `ERR_NO_STORE` | the operation needs a store, and none is configured | 500 |
 * | `ERR_STORE_CLIENT` | the store cannot work with the client that it was given | 500 |
 * | `ERR_USER_ID` | a user's id is not text, or is empty | 500 |
 * | `ERR_DATA` | the session holds a value that cannot be stored; the message gives its path, such as `cart[2].added` | 500 |
 * | `ERR_COOKIE_TOO_BIG` | the cookie would exceed 4,096 bytes; the message lists the largest keys | 500 |
 * | `ERR_COMMITTED` | the session was changed, first read, or committed again after its response was sent | 500 |
 * | `ERR_SESSION_LIMIT` | `onLimit: 'refuse'`: the user who signs in has `maxSessions` sessions already | 409 |
 * | `ERR_SIGN_IN_REFUSED` | the user's sessions were ended, as by `sessions.revokeAll`, while this sign-in was under way | 409 |
 * | `ERR_SESSION_UNAVAILABLE` | the session cannot be checked, because its store does not answer or this server has none | 503 |
 */
export type SojournErrorCode =
  | 'ERR_OPTIONS'
  | 'ERR_SECRET_MISSING'
  | 'ERR_SECRET_WEAK'
  | 'ERR_COOKIE_OPTIONS'
  | 'ERR_NO_STORE'
  | 'ERR_STORE_CLIENT'
  | 'ERR_USER_ID'
  | 'ERR_DATA'
  | 'ERR_COOKIE_TOO_BIG'
  | 'ERR_COMMITTED'
  | 'ERR_SESSION_LIMIT'
  | 'ERR_SIGN_IN_REFUSED'
  | 'ERR_SESSION_UNAVAILABLE'

/**
 * A mistake in the program, or a store that does not answer. Input from a client never causes one. The message says what to do.
 *
 * An uncaught error becomes the right response by itself: 503 with `Retry-After` for `ERR_SESSION_UNAVAILABLE`, 409 for
 * `ERR_SESSION_LIMIT` and `ERR_SIGN_IN_REFUSED`, 500 otherwise.
 * Express, Koa and Fastify read `status`, `statusCode` and `headers`; Hono calls `getResponse`.
 */
export class SojournError extends Error {
  /** The class's name, for logs. It also identifies the error if `instanceof` fails because the library is loaded twice. */
  override readonly name = 'SojournError'
  /** Identifies the error in programs. A code never changes its meaning between versions; messages may change. */
  readonly code: SojournErrorCode
  /** The response's status (RFC 9110 section 15): 503 for `ERR_SESSION_UNAVAILABLE`, 409 for `ERR_SESSION_LIMIT` and `ERR_SIGN_IN_REFUSED`, else 500. */
  declare readonly status: number
  /** The same as `status`, by the name that Express and Fastify read. */
  declare readonly statusCode: number
  /** Headers for the response, by name: with 503, `Retry-After` in seconds (RFC 9110 section 10.2.3); otherwise empty. */
  declare readonly headers: Readonly<Record<string, string>>

  /** For the library and for stores. `options.cause` is the underlying error, such as the driver's. */
  constructor(code: SojournErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    const status = statuses[code] ?? 500
    const response = { status, statusCode: status, headers: status === 503 ? { 'Retry-After': '1' } : {} }
    // Not enumerable, because a printed error should show only its code and message.
    for (const [name, value] of Object.entries(response))
      Object.defineProperty(this, name, { value, writable: true, configurable: true })
  }

  /**
   * Creates the response to the visitor. It holds only the status, because the message is for the server's operators.
   * It logs a mistake in the program to the console: Hono does not log errors that have a `getResponse`.
   */
  getResponse(): Response {
    if (this.status === 500) console.error(this)
    return new Response(reasons[this.status], { status: this.status, headers: this.headers })
  }
}

const statuses: Partial<Record<SojournErrorCode, number>> = {
  ERR_SESSION_LIMIT: 409,
  ERR_SIGN_IN_REFUSED: 409,
  ERR_SESSION_UNAVAILABLE: 503,
}
const reasons: Readonly<Record<number, string>> = {
  409: 'Conflict',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/** Creates the error for an option or an argument that is unknown or invalid. */
export function optionsError(message: string): SojournError {
  return new SojournError('ERR_OPTIONS', message)
}

/** Creates the error for an operation that needs a store when none is configured. */
export function noStoreError(participle: string): SojournError {
  return new SojournError(
    'ERR_NO_STORE',
    `Without a store, sessions cannot be ${participle}. Add one: createSessions({ store: sqliteStore(…) }). It signs nobody out.`,
  )
}
