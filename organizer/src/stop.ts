import type { ServerType } from '@hono/node-server'

const patience = 5000

/** On SIGINT or SIGTERM: takes no more requests, finishes those that run, closes what is open and exits with 0. */
export function stopOnSignal(server: ServerType, close: () => Promise<void>): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)

  function stop(): void {
    server.close(async () => {
      await close()
      process.exit(0)
    })
    if (!('closeIdleConnections' in server)) return
    server.closeIdleConnections()
    // Who keeps a connection open for longer has no request running, or one that hangs.
    setTimeout(() => server.closeAllConnections(), patience).unref()
  }
}
