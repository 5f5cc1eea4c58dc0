import type { ServerType } from '@hono/node-server'
import { Server, type IncomingMessage, type ServerResponse } from 'node:http'
import { Server as NetServer } from 'node:net'

/** How long idle connections stay open, because a request may be on its way. */
const idleConnectionMs = 250

/** How long running requests may take. */
const requestTimeoutMs = 5000

/**
 * On SIGINT or SIGTERM: stops accepting connections, answers the requests that have arrived, closes everything and
 * exits with 0. `onStop` must end responses that stay open as long as their page. A connection that arrives at this
 * moment is reset. To lose none, a proxy must stop sending requests first.
 */
export function stopOnSignal(
  server: ServerType,
  onStop: () => void,
  close: () => Promise<void>,
  onStopped = () => {},
): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  let isStopping = false

  // This listener must run before the application's, which sends the headers.
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    if (isStopping) response.setHeader('Connection', 'close')
  })

  function stop(): void {
    isStopping = true
    // Wait one turn, so that connections that have arrived are accepted: closing resets the others.
    setImmediate(closeServer)
  }

  function closeServer(): void {
    onStop()
    // The close method of Node's HTTP server closes idle connections at once. A proxy may just have sent a request there.
    NetServer.prototype.close.call(server as NetServer, async () => {
      await close()
      onStopped()
      process.exit(0)
    })
    if (!(server instanceof Server)) return
    setTimeout(() => server.closeIdleConnections(), idleConnectionMs)
    setTimeout(() => server.closeAllConnections(), requestTimeoutMs).unref()
  }
}
