import { fastifyCookie } from '@fastify/cookie'
import { fastify, type FastifyInstance } from 'fastify'
import { onTestFinished } from 'vitest'
import type { FastifySessionOptions } from 'sojourn/compat/fastify-session'

/** The options of most tests. */
export const options = (more: Partial<FastifySessionOptions> = {}): FastifySessionOptions => ({
  secret: 'a secret of at least thirty-two characters',
  cookie: { secure: false },
  ...more,
})

/** The session of a request, of any of the plugins. They declare different types for it. */
export const sessionOf = (request: object): any => (request as { session: unknown }).session

/** A response, as tests look at it. */
export interface Visit {
  readonly status: number
  /** Name and value of the cookies that it sets, as a client sends them. */
  readonly cookie: string
  readonly setCookies: readonly string[]
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  json(): any
}

/** Starts an application with a plugin until the test ends. The returned function makes a request with a cookie. */
export async function serve(
  plugin: unknown,
  given: object,
  addRoutes: (app: FastifyInstance) => void = addCommonRoutes,
): Promise<(path: string, cookie?: string, headers?: Record<string, string>) => Promise<Visit>> {
  const app = await createApp(plugin, given, addRoutes)
  onTestFinished(() => app.close())
  return async (path, cookies = '', headers = {}) => {
    const response = await app.inject({
      url: path,
      headers: { ...(cookies !== '' && { cookie: cookies }), ...headers },
    })
    const setCookies = [response.headers['set-cookie'] ?? []].flat()
    return {
      status: response.statusCode,
      cookie: setCookies.map((line) => line.split(';')[0]).join('; '),
      setCookies,
      headers: response.headers,
      text: response.body,
      json: () => response.json(),
    }
  }
}

export async function createApp(
  plugin: unknown,
  given: object,
  addRoutes: (app: FastifyInstance) => void = addCommonRoutes,
): Promise<FastifyInstance> {
  const app = fastify({ forceCloseConnections: true, trustProxy: true })
  await app.register(fastifyCookie)
  await app.register(plugin as never, given)
  addRoutes(app)
  await app.ready()
  return app
}

export function addCommonRoutes(app: FastifyInstance): void {
  app.get('/', (request) => valuesOf(request))
  app.get<Params>('/set/:key/:value', (request) => {
    sessionOf(request).set(request.params.key, request.params.value)
    return valuesOf(request)
  })
  app.get('/out', async (request) => {
    await sessionOf(request).destroy()
    return { session: sessionOf(request) }
  })
  app.get('/again', async (request) => {
    await sessionOf(request).regenerate(['cart'])
    return valuesOf(request)
  })
  app.get('/id', (request) => ({ id: sessionOf(request).sessionId, signed: sessionOf(request).encryptedSessionId }))
}

interface Params {
  Params: { key: string; value: string }
}

/** The values of a session, without its cookie. */
export const valuesOf = (request: object): object => ({ ...sessionOf(request), cookie: undefined })

/** Makes a store with callbacks of @fastify/session whose functions can be made to fail, and that answers late. */
export function lateStore() {
  const records = new Map<string, string>()
  const state = {
    records,
    error: null as Error | null,
    calls: [] as string[],
  }
  const answer = (name: string, callback: (error?: any, value?: any) => void, work: () => unknown): void => {
    state.calls.push(name)
    setImmediate(() => {
      if (state.error) callback(state.error)
      else callback(null, work())
    })
  }
  const store = {
    get: (id: string, callback: (error?: any, value?: any) => void) =>
      answer('get', callback, () => (records.has(id) ? JSON.parse(records.get(id)!) : null)),
    set: (id: string, session: object, callback: (error?: any) => void) =>
      answer('set', callback, () => void records.set(id, JSON.stringify(session))),
    destroy: (id: string, callback: (error?: any) => void) => answer('destroy', callback, () => records.delete(id)),
  }
  return { store, state }
}
