import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Two applications behind one port. */
export interface OneHost {
  readonly url: string
  close(): void
}

/** Hands `/flask/…` on to one application and all else to another, with their cookies, as a team's proxy does. */
export async function oneHost(flask: string, other: string): Promise<OneHost> {
  const server = createServer((incoming, outgoing) => {
    const { method, url = '/', headers } = incoming
    const target = url.startsWith('/flask/') ? flask : other
    const handed = request(new URL(url, target), { method, headers }, (answer) => {
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
