import { createAdaptorServer } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import { stream } from 'hono/streaming'
import type { Server } from 'node:http'
import { sojourn } from '../../../../src/adapters/hono.ts'
import { listening, nothingAround, type Answer, type Host } from '../host.ts'

export const honoHost: Host = {
  name: 'Hono',
  serve(sessions, routes, around = nothingAround) {
    const app = new Hono()
    app.use((c, next) => around(c.req.header('X-User'), next))
    app.use(sojourn(sessions))
    for (const [path, handle] of Object.entries(routes)) {
      app.all(path, async (c) => {
        const asked = { user: c.req.header('X-User'), body: () => c.req.text() }
        return respond(c, await handle(c.var.session, asked))
      })
    }
    return listening(createAdaptorServer({ fetch: app.fetch }) as Server)
  },
}

function respond(c: Context, { status = 200, headers = [], body = '', redirect }: Answer): Response {
  if (redirect !== undefined) return c.redirect(redirect)
  for (const [name, value] of headers) c.header(name, value, { append: true })
  c.status(status as 200)
  if (typeof body === 'string') return hasBody(status) ? c.text(body) : c.body(null)
  return stream(c, async (out) => {
    for await (const chunk of body()) await out.write(chunk)
  })
}

export const hasBody = (status: number): boolean => status !== 204 && status !== 304
