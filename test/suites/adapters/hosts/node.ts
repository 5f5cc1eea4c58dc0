import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { sojourn } from '../../../../src/adapters/node.ts'
import { nothingAround, serveListener, type Answer, type Host } from '../host.ts'

export const nodeHost: Host = {
  name: 'plain Node',
  serve(sessions, routes, around = nothingAround) {
    const listener = sojourn(sessions, async (req, res) => {
      const handle = routes[req.url!]
      if (handle === undefined) return void res.writeHead(404).end()
      send(res, await handle(req.session, { user: userOf(req), body: () => bodyOf(req) }))
    })
    return serveListener((req, res) => around(userOf(req), () => listener(req, res)))
  },
}

export const userOf = (req: IncomingMessage): string | undefined => req.headers['x-user'] as string | undefined

export async function bodyOf(req: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of req) text += String(chunk)
  return text
}

function send(res: ServerResponse, { status = 200, headers = [], body = '', redirect }: Answer): void {
  if (redirect !== undefined) return void res.writeHead(302, { Location: redirect }).end()
  res.statusCode = status
  for (const [name, value] of headers) res.appendHeader(name, value)
  if (typeof body === 'string') res.end(body)
  else Readable.from(body()).pipe(res)
}
