import { Readable } from 'node:stream'
import fastify, { type FastifyReply } from 'fastify'
import { sojourn } from '../../../../src/adapters/fastify.ts'
import { nothingAround, type Answer, type Host, type Served } from '../host.ts'

export const fastifyHost: Host = {
  name: 'Fastify',
  showsErrors: true,
  async serve(sessions, routes, around = nothingAround): Promise<Served> {
    const app = fastify({ forceCloseConnections: true })
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'string' }, (_, body, done) => done(null, body))
    app.addHook('onRequest', (request, _, done) => around(request.headers['x-user']?.toString(), done))
    app.register(sojourn, { sessions })
    app.register(async (inside) => {
      for (const [path, handle] of Object.entries(routes)) {
        inside.all(path, async (request, reply) => {
          const asked = {
            user: request.headers['x-user']?.toString(),
            body: async () => (request.body as string | undefined) ?? '',
          }
          return respond(reply, await handle(request.session, asked))
        })
      }
    })
    const url = await app.listen({ port: 0, host: '127.0.0.1' })
    return { port: Number(new URL(url).port), close: async () => app.close() }
  },
}

export function respond(
  reply: FastifyReply,
  { status = 200, headers = [], body = '', redirect }: Answer,
): FastifyReply {
  if (redirect !== undefined) return reply.redirect(redirect, 302) // Nest sets 200 before
  reply.code(status)
  for (const [name, value] of headers) reply.header(name, value)
  return reply.send(typeof body === 'string' ? body : Readable.from(body()))
}
