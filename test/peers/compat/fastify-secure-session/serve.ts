import { fastify, type FastifyInstance } from 'fastify'
import { fastifyCookie } from '@fastify/cookie'
import { onTestFinished } from 'vitest'
import { sessionOf, type Visit } from '../fastify-session/serve.ts'

export { sessionOf } from '../fastify-session/serve.ts'

export const key = Buffer.alloc(32, 'k')
export const otherKey = Buffer.alloc(32, 'o')

/** Starts an application with a plugin until the test ends. The returned function makes a request with a cookie. */
export async function serve(
  plugin: unknown,
  given: object,
  addRoutes: (app: FastifyInstance) => void = addCommonRoutes,
): Promise<((path: string, cookie?: string) => Promise<Visit>) & { readonly app: FastifyInstance }> {
  const app = fastify()
  onTestFinished(() => app.close())
  await app.register(fastifyCookie, { secret: 'the secret of the cookie plugin' })
  await app.register(plugin as never, given as never)
  addRoutes(app)
  await app.ready()
  const visit = async (path: string, cookie = ''): Promise<Visit> => {
    const response = await app.inject({ url: path, headers: cookie === '' ? {} : { cookie } })
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
  return Object.assign(visit, { app })
}

interface Params {
  Params: { key: string; value: string }
}

export function addCommonRoutes(app: FastifyInstance): void {
  app.get('/', (request) => sessionOf(request).data())
  app.get<Params>('/set/:key/:value', (request) => {
    sessionOf(request).set(request.params.key, request.params.value)
    return sessionOf(request).data()
  })
  app.get('/out', (request) => {
    sessionOf(request).delete()
    return {}
  })
  app.get('/again', (request) => {
    sessionOf(request).regenerate(['cart'])
    return sessionOf(request).data()
  })
  app.get('/touch', (request) => {
    sessionOf(request).touch()
    return {}
  })
}
