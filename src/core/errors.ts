/**
 * Every code of a {@link SojournError}.
 *
 * | code | when | `status` |
 * |---|---|---|
 * | `ERR_OPTIONS` | an option, or an argument of an adapter, is none that there is or makes no sense | 500 |
 * | `ERR_SECRET_MISSING` | there is no secret to seal with | 500 |
 * | `ERR_SECRET_WEAK` | a secret has under 32 bytes or, in production, is one that anybody can guess | 500 |
 * | `ERR_COOKIE_OPTIONS` | no browser would keep a cookie with these attributes | 500 |
 * | `ERR_NO_STORE` | what was asked for needs a store, and there is none | 500 |
 * | `ERR_STORE_CLIENT` | a store was given a client that it cannot work with | 500 |
 * | `ERR_USER_ID` | a user's id is no text, or empty | 500 |
 * | `ERR_DATA` | the session holds what cannot be kept; the message names its path, such as `cart[2].added` | 500 |
 * | `ERR_COOKIE_TOO_BIG` | the cookie would have over 4,096 bytes; the message names the biggest keys | 500 |
 * | `ERR_COMMITTED` | the session was changed, first read or committed again when the headers had left | 500 |
 * | `ERR_SESSION_UNAVAILABLE` | whether the session is still good cannot be told right now | 503 |
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
  | 'ERR_SESSION_UNAVAILABLE'

/**
 * A mistake in the program, or a store that cannot be asked; never what a client sent. The message says what to do.
 *
 * Left uncaught it becomes the right response by itself: `status`, `statusCode` and `headers` are what Express, Koa and
 * Fastify read, `getResponse` is what Hono calls. 503 with `Retry-After` for `ERR_SESSION_UNAVAILABLE`, 500 otherwise.
 */
export class SojournError extends Error {
  /** For who prints it, also where several copies of the library make `instanceof` fail. */
  override readonly name = 'SojournError'
  /** Tells errors apart, for programs: the same in every version, while the message may change. */
  readonly code: SojournErrorCode
  /** The response's status (RFC 9110 section 15.6): 503 for `ERR_SESSION_UNAVAILABLE`, 500 otherwise. */
  declare readonly status: number
  /** The same as `status`, by the name that Express and Fastify read. */
  declare readonly statusCode: number
  /** Headers for the response, by name: `Retry-After`, in seconds (RFC 9110 section 10.2.3), with 503; none otherwise. */
  declare readonly headers: Readonly<Record<string, string>>

  /** For the library and its stores. `options.cause` is the error behind it, such as a driver's own. */
  constructor(code: SojournErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    const unavailable = code === 'ERR_SESSION_UNAVAILABLE'
    this.code = code
    const status = unavailable ? 503 : 500
    const response = { status, statusCode: status, headers: unavailable ? { 'Retry-After': '1' } : {} }
    // For frameworks: whoever prints the error is told its code and message alone.
    for (const [name, value] of Object.entries(response))
      Object.defineProperty(this, name, { value, writable: true, configurable: true })
  }

  /**
   * The response to a visitor: its status and no more, since the message is for who runs the server. To them a mistake in
   * the program is told on the console, which Hono leaves to an error that makes its own response.
   */
  getResponse(): Response {
    if (this.status !== 503) console.error(this)
    const text = this.status === 503 ? 'Service Unavailable' : 'Internal Server Error'
    return new Response(text, { status: this.status, headers: this.headers })
  }
}

/** What needs a store to ask is asked for where there is none. */
export function noStoreError(what: string): SojournError {
  return new SojournError(
    'ERR_NO_STORE',
    `Sessions that live in their cookie cannot be ${what}. Add a store: createSessions({ store: sqliteStore(…) }). Nobody is signed out by that.`,
  )
}
