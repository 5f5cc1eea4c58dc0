import { All, Req, Res, type INestApplication } from '@nestjs/common'
import { NestFactory, type AbstractHttpAdapter } from '@nestjs/core'
import { ExpressAdapter } from '@nestjs/platform-express'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import type { Response } from 'express'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { IncomingMessage } from 'node:http'
import { Session, SojournModule } from '../../../../src/adapters/nest.ts'
import { closeNest, listenNest, nestController, nestModule, type NestRoute } from '../../../support/nest.ts'
import { nothingAround, type Answer, type Around, type Handle, type Host } from '../host.ts'
import { send as sendByExpress } from './express.ts'
import { respond as sendByFastify } from './fastify.ts'
import { bodyOf, userOf } from './node.ts'

/** A platform of Nest: how its applications read the body of a request, and how they respond by hand. */
interface Platform {
  readonly name: string
  createAdapter(around: Around): AbstractHttpAdapter
  rawOf(request: unknown): IncomingMessage
  body(request: unknown): Promise<string>
  send(response: unknown, answer: Answer): unknown
}

export const nestOnExpressHost = nestHost({
  name: 'Nest on Express',
  createAdapter(around) {
    const adapter = new ExpressAdapter()
    adapter.use((request: IncomingMessage, _: unknown, next: () => void) => around(userOf(request), next))
    return adapter
  },
  rawOf: (request) => request as IncomingMessage,
  body: (request) => bodyOf(request as IncomingMessage),
  send: (response, answer) => sendByExpress(response as Response, answer),
})

export const nestOnFastifyHost = nestHost({
  name: 'Nest on Fastify',
  createAdapter(around) {
    const adapter = new FastifyAdapter({ forceCloseConnections: true })
    const app = adapter.getInstance()
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'string' }, (_, body, done) => done(null, body))
    app.addHook('onRequest', (request, _, done) => around(userOf(request.raw), done))
    return adapter
  },
  rawOf: (request) => (request as FastifyRequest).raw,
  body: async (request) => ((request as FastifyRequest).body as string | undefined) ?? '',
  send: (response, answer) => sendByFastify(response as FastifyReply, answer),
})

function nestHost(platform: Platform): Host {
  return {
    name: platform.name,
    async serve(sessions, routes, around = nothingAround) {
      const handlers = Object.entries(routes).map(([path, handle]) => [path, routeOf(platform, path, handle)])
      const controllers = [nestController(Object.fromEntries(handlers))]
      const Root = nestModule({ imports: [SojournModule.forRoot(sessions)], controllers })
      const options = { logger: false, bodyParser: false, abortOnError: false } as const
      const app = await NestFactory.create<INestApplication>(Root, platform.createAdapter(around), options)
      return { port: await listenNest(app), close: () => closeNest(app) }
    },
  }
}

function routeOf({ rawOf, body, send }: Platform, path: string, handle: Handle): NestRoute {
  return {
    parameters: [Req(), Res(), Session()],
    decorators: [All(path)],
    async handle(request: unknown, response: unknown, session: Session) {
      send(response, await handle(session, { user: userOf(rawOf(request)), body: () => body(request) }))
    },
  }
}
