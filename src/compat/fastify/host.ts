// Fastify's own types are not used, because the application declares `session` and `setCookie` of its requests.

/** A request of Fastify with @fastify/cookie, or an object that `decryptSession` gets in its place. */
export interface FastifyRequest {
  readonly protocol?: string
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>
  readonly cookies?: Readonly<Record<string, string | undefined>>
  readonly raw?: { readonly url?: string }
  session?: any
}

export interface FastifyReply {
  readonly raw: { readonly headersSent: boolean }
  code(status: number): unknown
  header(name: string, value: unknown): unknown
  getHeader(name: string): unknown
  getHeaders(): object
  removeHeader(name: string): unknown
  setCookie(name: string, value: string, attributes: object): unknown
  clearCookie(name: string, attributes: object): unknown
}

type Done = (error?: unknown) => void

/** An instance of Fastify, as far as the plugins use it. */
export interface FastifyInstance {
  decorate(name: string, value: unknown): unknown
  decorateRequest(name: string, value: unknown): unknown
  addHook(name: 'onRequest', hook: (request: FastifyRequest, reply: FastifyReply, done: Done) => void): unknown
  addHook(
    name: 'onSend',
    hook: (request: FastifyRequest, reply: FastifyReply, payload: unknown, done: Done) => void,
  ): unknown
}

/** Attributes of the cookie. `maxAge` is in milliseconds. */
export interface CookieSettings {
  readonly path?: string | undefined
  readonly domain?: string | null | undefined
  readonly secure?: boolean | 'auto' | null | undefined
  readonly sameSite?: boolean | string | null | undefined
  readonly httpOnly?: boolean | undefined
  readonly partitioned?: boolean | undefined
  readonly maxAge?: number | undefined
  readonly originalMaxAge?: number | null | undefined
  readonly expires?: Date | string | null | undefined
  readonly [name: string]: unknown
}
