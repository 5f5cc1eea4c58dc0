import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Applications behind one port. */
export interface OneHost {
  readonly url: string
  close(): void
}

/** Hands `/flask/…` on to one application and all else to another, with their cookies, as a team's proxy does. */
export const oneHost = async (flask: string, other: string): Promise<OneHost> =>
  hostOf((path) => (path.startsWith('/flask/') ? flask : other))

/** Hands each request on to an application, with its cookies. */
export async function hostOf(targetOf: (path: string) => string): Promise<OneHost> {
  const server = createServer((incoming, outgoing) => {
    const { method, url = '/', headers } = incoming
    const handed = request(new URL(url, targetOf(url)), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.pipe(outgoing)
    })
    handed.on('error', () => outgoing.destroy())
    incoming.pipe(handed)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
