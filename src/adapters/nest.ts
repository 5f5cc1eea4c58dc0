import {
  Catch,
  createParamDecorator,
  Inject,
  Logger,
  UnauthorizedException,
  type ArgumentsHost,
  type CanActivate,
  type DynamicModule,
  type ExceptionFilter,
  type ExecutionContext,
  type MiddlewareConsumer,
  type NestModule,
} from '@nestjs/common'
import { ApplicationConfig, HttpAdapterHost } from '@nestjs/core'
import { STATUS_CODES } from 'node:http'
import { SojournError } from '../core/errors.ts'
import type { RegisteredData } from '../core/session-data-type.ts'
import type { Session as SessionOfRequest } from '../session/session.ts'
import type { Sessions } from '../sessions.ts'
import { sojourn as expressMiddleware } from './express.ts'
import { sojourn as fastifyPlugin } from './fastify.ts'
import { answerError } from './shared/answer-error.ts'
import { checkSessions } from './shared/check-sessions.ts'

/** The session of the request, on Express and on Fastify: a parameter decorator, and its type, as in `@Session() session: Session`. */
export type Session<Data extends object = RegisteredData> = SessionOfRequest<Data>

/**
 * Parameter decorator: the session of the request, on Express and on Fastify.
 *
 * @example
 * ```ts
 * @Get()
 * greet(@Session() session: Session) {
 *   return `Hello, ${session.userId ?? 'guest'}`
 * }
 * ```
 */
export const Session: () => ParameterDecorator = createParamDecorator((_: unknown, context: ExecutionContext) =>
  sessionOf(context),
)

/**
 * Guard for controllers and handlers of users who are signed in. A guest gets Nest's `UnauthorizedException`, with status 401. If
 * the store does not answer, the status is 503.
 */
export class SignedInGuard implements CanActivate {
  /** Returns true for a signed-in user, and throws otherwise. */
  canActivate(context: ExecutionContext): boolean {
    if (sessionOf(context).userId === null) throw new UnauthorizedException()
    return true
  }
}

function sessionOf(context: ExecutionContext): SessionOfRequest {
  const request = context.switchToHttp().getRequest<{ session?: SessionOfRequest } | undefined>()
  if (request?.session !== undefined) return request.session
  throw new SojournError(
    'ERR_OPTIONS',
    'This request has no session. Import SojournModule.forRoot(sessions) in a module of the application.',
  )
}

const sessionsToken = Symbol('sojourn')

/**
 * Module for NestJS 11 on Express or Fastify: opens the session of each request at `request.session` and commits it before the
 * response's first header leaves. {@link Session} is the decorator for it, and {@link SignedInGuard} refuses guests.
 *
 * If a handler throws, Nest responds, and a sign-out before the error still takes effect. A failed commit goes to the exception
 * filters. If none of yours catches a `SojournError`, the client gets its status with a short text: 500 for data that JSON
 * cannot represent, 503 for `ERR_SESSION_UNAVAILABLE`. If the handler was still writing the response, as a stream does, the client
 * gets that without a filter.
 */
export class SojournModule implements NestModule {
  readonly #sessions: Sessions<any>
  readonly #host: HttpAdapterHost

  /** For Nest. Use `SojournModule.forRoot(sessions)`. */
  constructor(sessions: Sessions<any>, host: HttpAdapterHost, config: ApplicationConfig) {
    this.#sessions = sessions
    this.#host = host
    // Not APP_FILTER, because Nest asks the first filter last: all filters of the application come before ours.
    config.addGlobalFilter(new SojournErrorFilter(host))
  }

  /**
   * Creates the module for these sessions. Import it once, in the root module.
   *
   * @throws `ERR_OPTIONS` if `sessions` is not what `createSessions()` returns.
   * @example
   * ```ts
   * @Module({ imports: [SojournModule.forRoot(createSessions())] })
   * export class AppModule {}
   * ```
   */
  static forRoot(sessions: Sessions<any>): DynamicModule {
    checkSessions(sessions, 'SojournModule.forRoot(sessions)')
    return { module: SojournModule, global: true, providers: [{ provide: sessionsToken, useValue: sessions }] }
  }

  /** For Nest: applies the middleware. It throws if a secret is missing. */
  configure(consumer: MiddlewareConsumer): void {
    const { httpAdapter } = this.#host
    const middleware = expressMiddleware(this.#sessions)
    const isFastify = httpAdapter.getType() === 'fastify'
    consumer.apply(isFastify ? callingNextOnce(middleware) : middleware).forRoutes('{*path}')
    // It takes over the session of the middleware, and commits it where Fastify handles an error.
    if (isFastify) httpAdapter.getInstance().register(fastifyPlugin, { sessions: this.#sessions })
  }
}

type Middleware = ReturnType<typeof expressMiddleware>

/** Responds to a later error itself, because Fastify's middleware engine may use the same `next` for another request by then. */
function callingNextOnce(middleware: Middleware): Middleware {
  return (request, response, next) => {
    let isCalled = false
    middleware(request, response, (error) => {
      if (isCalled) return answerError(response, error)
      isCalled = true
      next(error)
    })
  }
}

// Functions, because the source is compiled without `experimentalDecorators`.
Inject(sessionsToken)(SojournModule, undefined, 0)
Inject(HttpAdapterHost)(SojournModule, undefined, 1)
Inject(ApplicationConfig)(SojournModule, undefined, 2)

/** Nest's own filter sends no `Retry-After`, and sends the error's message, which may name the store. */
class SojournErrorFilter implements ExceptionFilter<SojournError> {
  readonly #host: HttpAdapterHost

  constructor(host: HttpAdapterHost) {
    this.#host = host
  }

  catch(error: SojournError, context: ArgumentsHost): void {
    if (context.getType() !== 'http') return // Nest's own filter for it follows
    const { status, headers } = error
    if (status === 500) new Logger('SojournModule').error(error)
    const { httpAdapter } = this.#host
    const response = context.switchToHttp().getResponse()
    if (httpAdapter.isHeadersSent(response)) return httpAdapter.end(response)
    // Middleware on Fastify has the response of Node.
    const setHeader = response.setHeader ?? response.header
    for (const [name, value] of Object.entries(headers)) setHeader.call(response, name, value)
    httpAdapter.reply(response, { statusCode: status, message: STATUS_CODES[status] }, status)
  }
}
Catch(SojournError)(SojournErrorFilter)
