import type { AddressInfo } from 'node:net'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'

/** Starts an application on Fastify with a plugin for sessions, and the routes of the suite. */
export async function startFastify(register: (app: FastifyInstance) => Promise<void>) {
  const app = fastify({ forceCloseConnections: true })
  await register(app)
  app.post<Params>('/sign-in/:value', (request) => {
    sessionOf(request).set('userId', request.params.value)
    return {}
  })
  app.post<Params>('/cart/:value', (request) => {
    const session = sessionOf(request)
    session.set('cart', [...((session.get('cart') as string[]) ?? []), request.params.value])
    return {}
  })
  app.post('/flash', (request) => {
    // As @fastify/flash writes it.
    sessionOf(request).set('flash', { info: ['Hello.'] })
    return {}
  })
  app.get('/', (request) => ({ userId: sessionOf(request).get('userId'), cart: sessionOf(request).get('cart') }))
  await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    close: async () => void (await app.close()),
  }
}

interface Params {
  Params: { value: string }
}

interface PluginSession {
  get(key: string): unknown
  set(key: string, value: unknown): void
}

const sessionOf = (request: FastifyRequest<any>): PluginSession =>
  (request as unknown as { session: PluginSession }).session
