import {
  Catch,
  Req,
  Res,
  Session as NestSession,
  Sse,
  UseFilters,
  UseGuards,
  type MiddlewareConsumer,
} from '@nestjs/common'
import { APP_FILTER, ExternalContextCreator } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { Test } from '@nestjs/testing'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { of } from 'rxjs'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { Session, SignedInGuard, SojournModule } from '../../src/adapters/nest.ts'
import { createSessions, SojournError, type Sessions } from '../../src/index.ts'
import { nestApp, listenNest, nestController, nestModule, nestPlatforms, type NestRoute } from '../support/nest.ts'
import { secrets, secure, signedIn, world } from '../support/sessions.ts'
import { testStore } from '../support/stores.ts'
import { failing } from '../suites/adapters/arrangements.ts'
import { ask } from '../suites/adapters/client.ts'
import { cookieNames, quiet } from '../suites/adapters/serving.ts'

quiet()

const unavailable = new SojournError('ERR_SESSION_UNAVAILABLE', 'canary')

const userOf: NestRoute = { parameters: [Session()], handle: (session: Session) => String(session.userId) }
const signIn: NestRoute = { parameters: [Session()], handle: (session: Session) => session.signIn('ada') }
const guarded: NestRoute = { ...userOf, decorators: [UseGuards(SignedInGuard)] }

/** Sessions in a store that answers until the test lets it fail. */
function withStore() {
  const store = testStore()
  return { store, ...world({ store }) }
}

/** An application's own filter. */
class OwnFilter {
  catch(error: SojournError, host: { getArgByIndex(index: number): any }): void {
    const response = host.getArgByIndex(1)
    response.status(error.status).send(`own: ${error.code}`)
  }
}
Catch(SojournError)(OwnFilter)
const own = { provide: APP_FILTER, useClass: OwnFilter }

/** Middleware that reads the session. */
function reading(request: IncomingMessage & { session: Session }, response: ServerResponse, next: () => void): void {
  response.setHeader('X-User', String(request.session.userId))
  next()
}

describe.each(nestPlatforms)('Nest on %s', (_platform, createAdapter) => {
  async function serve(sessions: Sessions<any>, routes: Record<string, NestRoute>, metadata = {}, Root?: never) {
    const imports = [SojournModule.forRoot(sessions)]
    const module = nestModule({ imports, controllers: [nestController(routes)], ...metadata }, Root)
    return listenNest(await nestApp(module, createAdapter))
  }

  it('gives a handler its session by both decorators and at the request', async () => {
    const visited = world()
    const port = await serve(visited.sessions, {
      '/': {
        parameters: [Session(), NestSession(), Req()],
        handle: (ours: Session, theirs: unknown, request: { session: unknown }) =>
          JSON.stringify([ours.userId, theirs === ours, request.session === ours]),
      },
    })
    const { cookie } = await signedIn(visited)
    expect((await ask(port, '/', { cookie })).body).toBe('["ada",true,true]')
  })

  describe('SignedInGuard', () => {
    it('refuses a guest with 401, and lets a user in', async () => {
      const visited = world()
      const port = await serve(visited.sessions, { '/': guarded })
      const refused = await ask(port)

      expect([refused.status, JSON.parse(refused.body)]).toEqual([401, { message: 'Unauthorized', statusCode: 401 }])
      const got = await ask(port, '/', { cookie: (await signedIn(visited)).cookie })
      expect([got.status, got.body]).toEqual([200, 'ada'])
    })

    it('answers 503 if the store does not answer, also in middleware', async () => {
      const { store, ...visited } = withStore()
      const { cookie } = await signedIn(visited)
      const Root = class {
        configure(consumer: MiddlewareConsumer): void {
          consumer.apply(reading).forRoutes('read')
        }
      }
      const other = createSessions({ secrets, cookie: secure, now: visited.clock.now, store })
      const port = await serve(other, { '/': guarded, '/read': signIn }, {}, Root as never)
      store.fail()

      for (const path of ['/', '/read']) {
        const got = await ask(port, path, { cookie })
        expect([path, got.status, got.headers.get('Retry-After')]).toEqual([path, 503, '1'])
        expect(JSON.parse(got.body)).toEqual({ message: 'Service Unavailable', statusCode: 503 })
        expect(cookieNames(got)).toEqual([])
      }
    })

    it('says what to import if the request has no session', async () => {
      const Root = nestModule({ controllers: [nestController({ '/': guarded })], providers: [own] })
      const got = await ask(await listenNest(await nestApp(Root, createAdapter)))
      expect([got.status, got.body]).toEqual([500, 'own: ERR_OPTIONS'])
    })
  })

  it('opens the session before all middleware of the application’s modules', async () => {
    const visited = world()
    const Root = class {
      configure(consumer: MiddlewareConsumer): void {
        consumer.apply(reading).forRoutes('{*path}')
        consumer
          .apply((request: { session: Session }, response: ServerResponse) => {
            request.session.signOut()
            response.end('Bye')
          })
          .forRoutes('out')
      }
    }
    const port = await serve(visited.sessions, { '/': userOf, '/out': userOf }, {}, Root as never)
    const { cookie } = await signedIn(visited)

    expect((await ask(port, '/', { cookie })).headers.get('X-User')).toBe('ada')
    const left = await ask(port, '/out', { cookie })
    expect([left.body, cookieNames(left)]).toEqual(['Bye', ['-__Host-Http-session']])
    expect((await visited.sessions.open(cookie)).outcome).toBe('ended')
  })

  it('opens it on routes with a prefix, outside of it, and where there is no route', async () => {
    const visited = world()
    const imports = [SojournModule.forRoot(visited.sessions)]
    const Missing = class {
      catch(_: unknown, host: { getArgByIndex(index: number): any }): void {
        host
          .getArgByIndex(1)
          .status(404)
          .send(`none for ${host.getArgByIndex(0).session.userId}`)
      }
    }
    Catch()(Missing)
    const providers = [{ provide: APP_FILTER, useClass: Missing }]
    const Root = nestModule({ imports, controllers: [nestController({ '/me': userOf, '/health': userOf })], providers })
    const app = await nestApp(Root, createAdapter)
    app.setGlobalPrefix('api', { exclude: ['health'] })
    const port = await listenNest(app)
    const { cookie } = await signedIn(visited)

    for (const path of ['/api/me', '/health']) expect((await ask(port, path, { cookie })).body).toBe('ada')
    expect((await ask(port, '/api/none', { cookie })).body).toBe('none for ada')
  })

  it('commits before the first event of a stream', async () => {
    const port = await serve(world().sessions, {
      '/': {
        parameters: [Session()],
        decorators: [Sse('/')],
        handle(session: Session) {
          session.signIn('ada')
          return of({ data: 'hello' })
        },
      },
    })
    const got = await ask(port)
    expect([cookieNames(got), got.body]).toEqual([['__Host-Http-session'], expect.stringContaining('data: hello')])
  })

  describe('a failed commit', () => {
    // The time in which a host may respond does not pass, so the error must reach the host.
    beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout'] }))
    afterEach(() => void vi.useRealTimers())

    const failed = () => failing(world().sessions, unavailable)

    it('is a short text with the status of the error', async () => {
      const got = await ask(await serve(failed(), { '/': signIn }))

      expect([got.status, got.headers.get('Retry-After'), cookieNames(got)]).toEqual([503, '1', []])
      expect(JSON.parse(got.body)).toEqual({ message: 'Service Unavailable', statusCode: 503 })
    })

    it.each([
      ['of the root module', 'module'],
      ['of app.useGlobalFilters', 'app'],
      ['of a handler', 'handler'],
    ])('goes to a filter %s', async (_, place) => {
      const isHandler = place === 'handler'
      const route = isHandler ? { ...signIn, handle: () => Promise.reject(unavailable) } : signIn
      const providers = place === 'module' ? [own] : []
      const imports = [SojournModule.forRoot(failed())]
      const decorators = isHandler ? [UseFilters(OwnFilter)] : []
      const Root = nestModule({ imports, providers, controllers: [nestController({ '/': { ...route, decorators } })] })
      const app = await nestApp(Root, createAdapter)
      if (place === 'app') app.useGlobalFilters(new OwnFilter())
      const got = await ask(await listenNest(app))

      expect([got.status, got.body, cookieNames(got)]).toEqual([503, 'own: ERR_SESSION_UNAVAILABLE', []])
    })
  })

  it('logs a mistake in the program once, and does not send its message', async () => {
    const logged: unknown[] = []
    const handle = (session: Session): void => void (session.data['when'] = new Date())
    const imports = [SojournModule.forRoot(world().sessions)]
    const controllers = [nestController({ '/': { ...signIn, handle } })]
    const app = await nestApp(nestModule({ imports, controllers }), createAdapter)
    const log = (): void => {}
    app.useLogger({ log, warn: log, error: (error: unknown) => logged.push(error) })
    const got = await ask(await listenNest(app))

    expect([got.status, JSON.parse(got.body)]).toEqual([500, { message: 'Internal Server Error', statusCode: 500 }])
    expect(logged).toEqual([expect.objectContaining({ code: 'ERR_DATA' })])
  })

  it('runs in an application of @nestjs/testing', async () => {
    const visited = world()
    const imports = [SojournModule.forRoot(visited.sessions)]
    const testing = Test.createTestingModule({ imports, controllers: [nestController({ '/': guarded })] })
    const app = (await testing.compile()).createNestApplication(createAdapter(), { logger: false })
    const port = await listenNest(app)
    const { cookie } = await signedIn(visited)
    const statuses = [(await ask(port)).status, (await ask(port, '/', { cookie })).status]
    await app.close()

    expect(statuses).toEqual([401, 200])
  })

  it('does not start without a secret', async () => {
    vi.stubEnv('NODE_ENV', 'production').stubEnv('SECRET_KEY', undefined)
    onTestFinished(() => void vi.unstubAllEnvs())
    const app = await nestApp(nestModule({ imports: [SojournModule.forRoot(createSessions())] }), createAdapter)
    await expect(app.init()).rejects.toMatchObject({ code: 'ERR_SECRET_MISSING' })
  })

  it('leaves an error outside of HTTP to the filters for that', async () => {
    const Root = nestModule({ imports: [SojournModule.forRoot(world().sessions)] })
    const app = await nestApp(Root, createAdapter)
    const resolver = { ask: () => Promise.reject(unavailable) }
    const creator = app.get(ExternalContextCreator)
    const options = { guards: true, filters: true, interceptors: true }
    const call = creator.create(
      resolver,
      resolver.ask,
      'ask',
      undefined,
      undefined,
      undefined,
      undefined,
      options,
      'graphql',
    )
    await expect(call()).rejects.toBe(unavailable)
  })
})

describe('Nest on Fastify', () => {
  const appOf = (sessions: Sessions, route: NestRoute) => {
    const imports = [SojournModule.forRoot(sessions)]
    const Root = nestModule({ imports, controllers: [nestController({ '/': route })] })
    return nestApp(Root, () => new FastifyAdapter() as never)
  }

  it('shows the cookie to app.inject', async () => {
    const app = await appOf(world().sessions, signIn)
    await app.init()
    const fastify = app.getHttpAdapter().getInstance() as FastifyInstance
    expect((await fastify.inject('/')).headers['set-cookie']).toMatch(/^__Host-Http-session=/)
  })

  it('answers a failed commit of a response by hand with a short text, at once', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const app = await appOf(failing(world().sessions, unavailable), {
      parameters: [Session(), Res()],
      handle(session: Session, reply: FastifyReply) {
        session.signIn('ada')
        reply.hijack()
        reply.raw.end('canary')
      },
    })
    const got = await ask(await listenNest(app))
    expect([got.status, got.body, cookieNames(got)]).toEqual([503, 'Service Unavailable\n', []])
  })
})

it('forRoot refuses what is no sessions', () => {
  expect(() => SojournModule.forRoot({} as never)).toThrow(
    'SojournModule.forRoot(sessions) takes the return value of createSessions().',
  )
})
