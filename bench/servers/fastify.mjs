import { randomBytes } from 'node:crypto'
import { answers, answersOfMap, bareAnswers, paths } from './answers.mjs'

const host = 'Fastify 5'

export const fastify = [
  { name: host, host, kind: 'bare', start: () => server(null, (request) => bareAnswers[request.url]()) },
  {
    name: '@fastify/secure-session',
    host,
    kind: 'peer',
    start: () =>
      server(
        async (app) =>
          app.register((await import('@fastify/secure-session')).default, {
            key: randomBytes(32),
            cookie: { path: '/' },
          }),
        (request) => answersOfMap[request.url](request.session),
      ),
  },
]

/** An application with what registers session plugins, or with none. */
export async function server(register, answer) {
  const { default: createApplication } = await import('fastify')
  const app = createApplication()
  if (register !== null) await register(app)
  for (const path of paths) app.get(path, (request, reply) => reply.send(answer(request)))
  await app.ready()
  return app.server
}

/** Answers by `request.session`, where that is an object of the data. */
export const ofRequest = (request) => answers[request.url](request.url === '/plain' ? null : request.session)
