import { randomBytes } from 'node:crypto'
import { handle, paths } from './handler.mjs'

const host = 'Fastify 5'

export const fastifyServers = [
  {
    host,
    start: () =>
      startFastify(
        () => {},
        () => '1',
      ),
  },
  { host, name: '@fastify/secure-session', start: startSecureSession },
]

async function startSecureSession() {
  const { default: secureSession } = await import('@fastify/secure-session')
  const register = (app) => app.register(secureSession, { key: randomBytes(32), cookie: { path: '/' } })
  return startFastify(register, (request) => handle(request.url, () => request.session))
}

async function startFastify(register, handleRequest) {
  const { default: createApplication } = await import('fastify')
  const app = createApplication()
  await register(app)
  for (const path of paths) app.get(path, (request, reply) => reply.send(handleRequest(request)))
  await app.ready()
  return app.server
}
