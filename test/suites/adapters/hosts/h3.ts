import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { H3, redirect, toNodeHandler, type H3Event } from 'h3'
import { sojourn } from '../../../../src/adapters/h3.ts'
import { listening, nothingAround, type Answer, type Host } from '../host.ts'
import { hasBody } from './hono.ts'

export const h3Host: Host = {
  name: 'h3',
  serve(sessions, routes, around = nothingAround) {
    const app = new H3()
    app.use((event, next) => around(event.req.headers.get('X-User') ?? undefined, next))
    app.use(sojourn(sessions))
    for (const [path, handle] of Object.entries(routes)) {
      app.all(path, async (event) => {
        const asked = { user: event.req.headers.get('X-User') ?? undefined, body: () => event.req.text() }
        return respond(event, await handle(event.context.session, asked))
      })
    }
    return listening(createServer(toNodeHandler(app)) as Server)
  },
}

function respond(event: H3Event, { status = 200, headers = [], body = '', redirect: location }: Answer): unknown {
  if (location !== undefined) return redirect(location)
  event.res.status = status
  for (const [name, value] of headers) event.res.headers.append(name, value)
  if (typeof body === 'string') return hasBody(status) ? body : null
  return ReadableStream.from(body()).pipeThrough(new TextEncoderStream())
}
