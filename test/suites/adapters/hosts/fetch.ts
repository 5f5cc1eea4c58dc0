import { createAdaptorServer } from '@hono/node-server'
import type { Server } from 'node:http'
import { Readable } from 'node:stream'
import { sojourn } from '../../../../src/adapters/fetch.ts'
import { listening, nothingAround, type Answer, type Host } from '../host.ts'
import { hasBody } from './hono.ts'

export const fetchHost: Host = {
  name: 'fetch',
  serve(sessions, routes, around = nothingAround) {
    const fetch = sojourn(sessions, async (request, session) => {
      const handle = routes[new URL(request.url).pathname]
      if (handle === undefined) return new Response('', { status: 404 })
      return respond(await handle(session, { user: userOf(request), body: () => request.text() }))
    })
    return listening(
      createAdaptorServer({ fetch: (request) => around(userOf(request), () => fetch(request)) }) as Server,
    )
  },
}

const userOf = (request: Request): string | undefined => request.headers.get('X-User') ?? undefined

function respond({ status = 200, headers = [], body = '', redirect }: Answer): Response {
  if (redirect !== undefined) return new Response(null, { status: 302, headers: { Location: redirect } })
  if (!hasBody(status)) return new Response(null, { status, headers })
  if (typeof body === 'string') return new Response(body, { status, headers })
  return new Response(Readable.toWeb(Readable.from(body()).map((text) => Buffer.from(text))) as ReadableStream, {
    status,
    headers,
  })
}
