import { randomBytes } from 'node:crypto'
import { answersOfMap, bareAnswers, paths } from './answers.mjs'

const host = 'Fastify 5'

export const fastify = [
  { name: host, host, kind: 'bare', start: () => server(null, (request) => bareAnswers[request.url]()) },
  {
    name: '@fastify/secure-session',
    host,
    kind: 'peer',
    start: () =>
      server(
        (app, plugin) => app.register(plugin, { key: randomBytes(32), cookie: { path: '/' } }),
        (request) => answersOfMap[request.url](request.session),
      ),
  },
]

async function server(register, answer) {
  const { default: createApplication } = await import('fastify')
  const { default: secureSession } = await import('@fastify/secure-session')
  const app = createApplication()
  if (register !== null) await register(app, secureSession)
  for (const path of paths) app.get(path, (request, reply) => reply.send(answer(request)))
  await app.ready()
  return app.server
}
