import { once } from 'node:events'
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Hands each request to the next of its servers, as a load balancer does. */
export interface Balancer {
  readonly port: number
  add(server: number): void
  /** Hands nothing more to a server; resolves when it has answered all that it has. */
  drain(server: number): Promise<void>
  stop(): Promise<void>
}

/** @param issued is told each cookie that a server hands out, as `name=value`, before anybody has it */
export async function startBalancer(issued: (server: number, cookie: string) => void): Promise<Balancer> {
  const servers: number[] = []
  const under = new Map<number, number>()
  const agent = new Agent({ keepAlive: true })

  function handOver(incoming: IncomingMessage, response: ServerResponse): void {
    const port = servers.shift()!
    servers.push(port)
    under.set(port, (under.get(port) ?? 0) + 1)
    response.on('close', () => under.set(port, under.get(port)! - 1))
    const { method, url: path, headers } = incoming
    const outgoing = request({ host: '127.0.0.1', port, method, path, headers, agent }, (answer) => {
      for (const line of answer.headers['set-cookie'] ?? []) issued(port, line.split(';')[0]!)
      response.writeHead(answer.statusCode!, answer.rawHeaders)
      answer.pipe(response)
    })
    outgoing.on('error', () => response.writeHead(502).end())
    incoming.pipe(outgoing)
  }

  const front = createServer(handOver)
  front.keepAliveTimeout = 60_000
  front.listen(0, '127.0.0.1')
  await once(front, 'listening')
  return {
    port: (front.address() as AddressInfo).port,
    add: (server) => void servers.push(server),
    async drain(server) {
      servers.splice(servers.indexOf(server), 1)
      while ((under.get(server) ?? 0) > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    },
    async stop() {
      const closed = once(front, 'close')
      front.close()
      front.closeAllConnections()
      await closed
      agent.destroy()
    },
  }
}
