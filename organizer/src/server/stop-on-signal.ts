import type { ServerType } from '@hono/node-server'
import { Server, type IncomingMessage, type ServerResponse } from 'node:http'
import { Server as Listener } from 'node:net'

/** For how long connections without a request stay open, since one may be on its way; milliseconds. */
const grace = 250

/** For how long requests may run on; milliseconds. */
const patience = 5000

/**
 * On SIGINT or SIGTERM: takes no more connections, answers every request that has come, closes what is open and exits with 0.
 * A connection that comes in this very moment is reset; whoever is to lose none sends nobody here before. What is open for as
 * long as its page is ends as `stopping` is called.
 */
export function stopOnSignal(server: ServerType, stopping: () => void, close: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  let isStopping = false

  // Before the application answers.
  server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
    if (isStopping) response.setHeader('Connection', 'close')
  })

  function stop(): void {
    isStopping = true
    // After a turn, which takes the connections that have come: closing resets those that nobody took.
    setImmediate(closeDown)
  }

  function closeDown(): void {
    stopping()
    // Node's own close of an HTTP server closes idle connections at once, under requests that a proxy has just sent.
    Listener.prototype.close.call(server as Listener, async () => {
      await close()
      process.exit(0)
    })
    if (!(server instanceof Server)) return
    setTimeout(() => server.closeIdleConnections(), grace)
    setTimeout(() => server.closeAllConnections(), patience).unref()
  }
}
