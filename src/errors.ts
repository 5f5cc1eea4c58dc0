/** Every code of a {@link SojournError}. */
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
  override readonly name = 'SojournError'
  readonly code: SojournErrorCode
  readonly status: number
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>

  constructor(code: SojournErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    const unavailable = code === 'ERR_SESSION_UNAVAILABLE'
    this.code = code
    this.status = this.statusCode = unavailable ? 503 : 500
    this.headers = unavailable ? { 'Retry-After': '1' } : {}
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
